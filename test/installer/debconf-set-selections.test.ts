import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const loader = new URL('../../src/installer/hooks/debconf-set-selections', import.meta.url).pathname;

/** Stands for the installer's confmodule: prints each call; questions that begin with `new/` must be registered first. */
const confmodule = `
known=
call() { printf '%s|' "$@" >>"$calls"; echo >>"$calls"; }
db_set() { case $1 in new/*) case " $known " in *" $1 "*) ;; *) call missing "$1"; return 10 ;; esac ;; esac; call set "$1" "$2"; }
db_fset() { call fset "$@"; }
db_register() { known="$known $2"; call register "$@"; }
db_subst() { call subst "$@"; }
log() { call log "$@"; }
`;

interface Loaded {
  calls: string[];
  log: string;
  status: number;
}

const load = (preseed: string, ...options: string[]): Loaded => {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-preseed-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  writeFileSync(path('confmodule'), confmodule);
  writeFileSync(path('preseed.sh'), `logfile=${path('log')}\n`);
  writeFileSync(path('preseed.cfg'), preseed);
  for (const name of ['calls', 'log']) writeFileSync(path(name), '');
  const env = {
    calls: path('calls'),
    VAPP_CONFMODULE: path('confmodule'),
    VAPP_PRESEED_SH: path('preseed.sh'),
  };
  let status = 0;
  try {
    execFileSync('dash', [loader, ...options, path('preseed.cfg')], { env: { ...process.env, ...env } });
  } catch (error) {
    status = (error as { status: number }).status;
  }
  const calls = readFileSync(path('calls'), 'utf8').split('|\n').slice(0, -1);
  return { calls, log: readFileSync(path('log'), 'utf8'), status };
};

describe('the quick preseed loader', () => {
  it('sets values and marks questions as seen', () => {
    const { calls, log, status } = load('d-i netcfg/hostname string web server\n');
    expect(calls).toEqual(['set|netcfg/hostname|web server', 'fset|netcfg/hostname|seen|true']);
    expect(log).toBe('d-i netcfg/hostname string web server\n');
    expect(status).toBe(0);
  });

  it('passes over comments, empty lines and blanks in front, and takes the last line without its end', () => {
    const { calls } = load('# comment\n\n \t \n\t d-i  a/b\t string   x  y \nd-i c/d string z');
    expect(calls.filter((call) => call.startsWith('set'))).toEqual(['set|a/b|x  y ', 'set|c/d|z']);
  });

  it('joins lines that end with a backslash, also around a comment', () => {
    const { calls, log } = load(
      'd-i a/b string one   \\\n  two\\\n# not part of it\n\tthree\nd-i c/d string z\n',
    );
    expect(calls).toContain('set|a/b|one two three');
    expect(calls).toContain('set|c/d|z');
    expect(log).toContain('d-i a/b string one two three\n');
  });

  it('takes values as they stand: quotes, dollars, backslashes, patterns', () => {
    const value = String.raw`$primary{ } "a" 'b' \n * [x] $(id) %s`;
    expect(load(`d-i a/b string ${value}\n`).calls[0]).toBe(`set|a/b|${value}`);
  });

  it('takes an empty value with and without the blank before it', () => {
    const { calls } = load('d-i a/b note\nd-i c/d multiselect \n');
    expect(calls.filter((call) => call.startsWith('set'))).toEqual(['set|a/b|', 'set|c/d|']);
  });

  it('drops the carriage return of a DOS line', () => {
    expect(load('d-i a/b string x\r\n').calls[0]).toBe('set|a/b|x');
  });

  it('sets the seen flag instead of a value', () => {
    expect(load('d-i a/b seen false\n').calls).toEqual(['fset|a/b|seen|false']);
  });

  it('leaves questions unseen when it is asked to', () => {
    expect(load('d-i a/b string x\n', '--unseen').calls).toEqual(['set|a/b|x']);
  });

  it('registers a question that no component has declared yet', () => {
    expect(load('grub-pc new/question boolean true\n').calls).toEqual([
      'missing|new/question',
      'register|debian-installer/dummy|new/question',
      'set|new/question|true',
      'subst|new/question|ID|new/question',
      'fset|new/question|seen|true',
    ]);
  });

  it.each([
    ['d-i\n', 'owner'],
    ['d-i a/b\n', 'name'],
  ])('refuses %j', (text, what) => {
    const { log, status, calls } = load(text);
    expect(status).toBe(1);
    expect(log).toContain(`Syntax error: unable to determine template ${what}`);
    expect(calls[0]).toMatch(/^log\|Error parsing/);
  });
});
