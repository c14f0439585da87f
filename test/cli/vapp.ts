import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { expect } from 'vitest';
import { ed25519 } from '../spec/helpers.js';

export const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** A home directory, the current one of each run, whose user runs the compiled command line in an environment of its own. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'vapp-cli-'));
  readonly builds = join(this.path, 'state/vapp/builds');
  readonly env = {
    PATH: process.env.PATH,
    HOME: this.path,
    XDG_STATE_HOME: join(this.path, 'state'),
    XDG_CACHE_HOME: join(this.path, 'cache'),
    LC_ALL: 'C.UTF-8',
  };

  constructor() {
    mkdirSync(this.builds, { recursive: true });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** web.yaml, a spec that is right. */
  writeWeb(): void {
    this.write(
      'web.yaml',
      `appliance: web\nos: debian-13\nmirror: http://mirror.example/debian\nroot: { ssh_keys: ["${ed25519}"] }\n`,
    );
  }

  start(args: readonly string[], o: Options = {}) {
    return execa(process.execPath, [program, ...args], {
      cwd: this.path,
      env: { ...this.env, ...o.env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
  }

  /** Exit status, standard output and standard error, of which only what is not empty is there. */
  async vapp(...args: string[]) {
    const { exitCode, stdout, stderr } = await this.start(args);
    return { status: exitCode, ...(stdout && { stdout }), ...(stderr && { stderr }) };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The lines of a build on a host without a hypervisor, as JSON: it fails in its first stage. */
export function expectRefusal(stdout: unknown): void {
  const events = String(stdout ?? '')
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ v, type, state }) => [v, type, state])).toEqual([
    [1, 'build', undefined],
    [1, 'stage', 'start'],
    [1, 'stage', 'failed'],
    [1, 'error', undefined],
  ]);
  expect(events.at(-1)).toMatchObject({ status: 3, errors: [{ code: 'VAPP_PLAN_ENGINE' }] });
}

/** Lines of text with their common indentation taken away. */
export function lines(strings: TemplateStringsArray): string {
  const all = (strings[0] ?? '').replace(/^\n/, '').trimEnd().split('\n');
  const indent = Math.min(...all.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return all.map((line) => line.slice(indent)).join('\n');
}
