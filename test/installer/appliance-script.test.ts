import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { applianceScript, fileParts } from '../../src/installer/appliance-script.js';
import { quote } from '../../src/installer/shell.js';
import type { Appliance } from '../../src/spec/appliance.js';

const hostile = [
  "it's",
  '"; touch /tmp/owned; "',
  '$(id) `id` ${HOME} \\ \\n !x',
  "'; exit 1; '",
  'two\nlines\n',
  '-n',
  '* ? [a] ~ # & | < >',
  'tab\tand ünïcode',
  '',
];

/** What dash hands on for words: the script runs with verbs that only print their arguments. */
const words = (script: string): string[][] => {
  const verbs = ['vapp_user', 'vapp_keys', 'vapp_file', 'vapp_run'].map(
    (verb) => `${verb}() { printf '%s\\0' ${verb} "$@"; printf '\\1'; }`,
  );
  const output = execFileSync('dash', ['-eu'], { input: `${verbs.join('\n')}\n${script}` }).toString();
  return output
    .split('\x01')
    .slice(0, -1)
    .map((call) => call.split('\0').slice(0, -1));
};

const user = (fields: Partial<Appliance['users'][number]>): Appliance['users'][number] => ({
  name: 'deploy',
  sshKeys: [],
  sudo: false,
  ...fields,
});

const calls = (appliance: Partial<Appliance>): string[][] =>
  words(applianceScript({ root: { sshKeys: [] }, users: [], files: [], run: [], ...appliance }));

describe('quote', () => {
  it.each(hostile)('makes one word of %j', (text) => {
    const output = execFileSync('dash', ['-c', `printf '%s\\0' ${quote(text)}`]).toString();
    expect(output).toBe(`${text}\0`);
  });
});

describe('applianceScript', () => {
  it('is empty when there is nothing to do', () => {
    expect(applianceScript({ root: { sshKeys: [] }, users: [], files: [], run: [] })).toBe('');
  });

  it('makes users with password, sudo and keys, and gives root its keys', () => {
    const users = [
      user({
        name: 'a',
        passwordHash: '$6$salt$hash',
        sudo: true,
        sshKeys: ['ssh-ed25519 AAAA a@b', 'second'],
      }),
      user({ name: 'b', sudo: true }),
      user({ name: 'c' }),
    ];
    expect(calls({ root: { sshKeys: ['rootkey'] }, users })).toEqual([
      ['vapp_keys', 'root', 'rootkey'],
      ['vapp_user', 'a', '$6$salt$hash', 'group'],
      ['vapp_keys', 'a', 'ssh-ed25519 AAAA a@b', 'second'],
      ['vapp_user', 'b', '', 'free'],
      ['vapp_user', 'c', '', ''],
    ]);
  });

  it('puts files into place before the run lines, by the numbers of their parts', () => {
    const files = [
      { path: "/etc/it's", source: '/home/ann/a', mode: '0644' },
      { path: '/usr/local/bin/b', source: '/home/ann/b', mode: '0755' },
    ];
    expect(calls({ files, run: ['true'] })).toEqual([
      ['vapp_file', '1', "/etc/it's", '0644'],
      ['vapp_file', '2', '/usr/local/bin/b', '0755'],
      ['vapp_run', '1', 'true'],
    ]);
    expect(fileParts(files)).toEqual([
      { file: '/home/ann/a', path: 'vapp/files/1', permissions: 0o600 },
      { file: '/home/ann/b', path: 'vapp/files/2', permissions: 0o600 },
    ]);
  });

  it('numbers run lines from 1', () => {
    expect(calls({ run: ['true', 'false'] })).toEqual([
      ['vapp_run', '1', 'true'],
      ['vapp_run', '2', 'false'],
    ]);
  });

  it('hands hostile texts on as they are', () => {
    expect(calls({ run: hostile })).toEqual(hostile.map((text, index) => ['vapp_run', `${index + 1}`, text]));
    expect(calls({ users: [user({ name: "x'; id; '", sshKeys: hostile })] })).toEqual([
      ['vapp_user', "x'; id; '", '', ''],
      ['vapp_keys', "x'; id; '", ...hostile],
    ]);
  });
});
