import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { ed25519 } from '../spec/helpers.js';
import { Home, lines } from './vapp.js';

const { version, dependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const spec = (...more: string[]) =>
  [
    'appliance: web',
    'os: debian-13',
    'mirror: http://mirror.example/debian',
    'security_mirror: http://mirror.example/debian-security',
    `root: { ssh_keys: ["${ed25519}"] }`,
    ...more,
    '',
  ].join('\n');

describe('the command line', () => {
  test('--version is the package’s', async () => {
    expect(await home.vapp('--version')).toEqual({ status: 0, stdout: version });
  });

  test('--help lists every command with what it does', async () => {
    const { status, stdout } = await home.vapp('--help');
    expect(status).toBe(0);
    for (const { usage, summary } of commands) {
      expect(stdout).toMatch(
        new RegExp(`^  vapp ${usage.replace(/[[\]]/g, '\\$&')} +${summary.replace(/[?.]/g, '\\$&')}$`, 'm'),
      );
    }
  });

  test('--help loads nothing heavy', async () => {
    const hook = `export const resolve = async (specifier, context, next) => {
      const found = await next(specifier, context);
      process._rawDebug(found.url);
      return found;
    };`;
    const register = `import { register } from 'node:module';
      register('data:text/javascript,${encodeURIComponent(hook).replaceAll("'", '%27')}');`;
    const { stderr } = await home.start(['--help'], {
      env: { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(register)}"` },
    });
    const loaded = [...new Set(String(stderr).split('\n'))];
    expect(loaded.flatMap((url) => url.split('/dist/')[1] ?? []).sort()).toEqual([
      'cli/command-line.js',
      'cli/commands.js',
      'cli/main.js',
      'cli/node-warnings.js',
      'cli/usage-error.js',
      'errors.js',
      'report/level.js',
      'spec/near.js',
      'version.js',
    ]);
    const packages = loaded.flatMap((url) => /node_modules\/([^/]+)/.exec(url)?.[1] ?? []);
    expect(packages).toContain('yargs');
    expect(packages.filter((name) => name in dependencies && name !== 'yargs')).toEqual([]);
  });

  test('speaks English whatever the locale', async () => {
    const { stderr } = await home.start(['nope'], { env: { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' } });
    expect(stderr).toContain('unknown command: nope');
  });

  test.each([
    ['no command', [], 'error: no command is given  VAPP_USAGE\n  → vapp --help'],
    ['an unknown one', ['frob'], 'error: unknown command: frob  VAPP_USAGE\n  → vapp --help'],
    [
      'an option without its value',
      ['build', 'web.yaml', '-j'],
      'error: not enough arguments following: j  VAPP_USAGE\n  → vapp build --help',
    ],
    [
      'an option with an empty one',
      ['build', 'web.yaml', '--name', ''],
      'error: --name has an empty value  VAPP_USAGE\n  a variable of the shell that is not set gives one\n  → leave the option out, or say its value',
    ],
    ['a typo', ['biuld'], 'error: unknown command: biuld  VAPP_USAGE\n  → did you mean vapp build?'],
    [
      'too few arguments',
      ['clone', 'web'],
      'error: clone needs more arguments  VAPP_USAGE\n  usage: vapp clone <template> <name>\n  → vapp clone --help',
    ],
    [
      'too many',
      ['validate', 'a.yaml', 'b.yaml'],
      'error: validate cannot do anything with b.yaml  VAPP_USAGE\n  usage: vapp validate <spec>\n  → vapp validate --help',
    ],
    [
      'an unknown option',
      ['builds', '--bogus'],
      'error: unknown argument: bogus  VAPP_USAGE\n  → vapp builds --help',
    ],
    [
      'a wrong choice',
      ['builds', '--output', 'xml'],
      'error: invalid values  VAPP_USAGE\n  Argument: output, Given: "xml", Choices: "auto", "live", "plain", "json"\n  → vapp builds --help',
    ],
    [
      'a wrong level',
      ['builds', '--log-level', 'loud'],
      'error: invalid values  VAPP_USAGE\n  Argument: log-level, Given: "loud", Choices: "error", "warn", "info", "debug"\n  → vapp builds --help',
    ],
  ])('%s is a usage error', async (_, args, stderr) => {
    expect(await home.vapp(...args)).toEqual({ status: 2, stderr });
  });

  test.each([[['--output', 'json']], [['--output=json']]])(
    'with %s it is one line of JSON, too',
    async (words) => {
      const { status, stdout = '' } = await home.vapp('builds', '--bogus', ...words);
      expect([status, JSON.parse(stdout)]).toEqual([
        2,
        expect.objectContaining({ type: 'error', errors: [expect.objectContaining({ code: 'VAPP_USAGE' })] }),
      ]);
    },
  );

  test('--debug adds the stack', async () => {
    expect((await home.vapp('show', 'x')).stderr).not.toContain('    at ');
    expect((await home.vapp('show', 'x', '--debug')).stderr).toMatch(/^ +at findBuild/m);
  });
});

describe('validate', () => {
  test('a good spec', async () => {
    home.write('web.yaml', spec());
    expect(await home.vapp('validate', 'web.yaml')).toEqual({
      status: 0,
      stdout: 'web.yaml: web on debian-13 is valid',
    });
  });

  test('a good spec as JSON', async () => {
    home.write('web.yaml', spec());
    const { stdout } = await home.vapp('validate', 'web.yaml', '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toMatchObject({
      v: 1,
      valid: true,
      file: 'web.yaml',
      appliance: { appliance: 'web', os: 'debian-13', mirror: 'http://mirror.example/debian' },
    });
  });

  test('all mistakes at once, each with its place and what to do', async () => {
    home.write('bad.yaml', spec('memry: 1GiB', 'cpus: none'));
    expect(await home.vapp('validate', 'bad.yaml')).toEqual({
      status: 2,
      stderr: lines`
        error: there is no key "memry"  VAPP_SPEC_UNKNOWN_KEY
          bad.yaml:6:1
          6 │ memry: 1GiB
            │ ^^^^^
          the keys are: appliance, os, arch, hypervisor, memory, cpus, disk, hostname, domain, locale, keyboard, timezone, mirror, security_mirror, proxy, root, users, packages, files, run, preseed
          → did you mean memory?

        error: cpus must be a whole number from 1 to 255, not a text  VAPP_SPEC_TYPE
          bad.yaml:7:7
          7 │ cpus: none
            │       ^^^^
      `,
    });
  });

  test('mistakes as JSON', async () => {
    home.write('bad.yaml', 'appliance: web\nos: debian-13\nmemry: 1GiB\n');
    const { status, stdout } = await home.vapp('validate', 'bad.yaml', '--output', 'json');
    expect(status).toBe(2);
    const line = JSON.parse(stdout ?? '');
    expect(line).toMatchObject({ v: 1, type: 'error', status: 2 });
    expect(line.errors).toContainEqual(
      expect.objectContaining({
        code: expect.stringMatching(/^VAPP_SPEC_/),
        file: 'bad.yaml',
        line: 3,
        column: 1,
      }),
    );
  });

  test('a file that is not there', async () => {
    expect(await home.vapp('validate', 'web.yaml')).toEqual({
      status: 2,
      stderr: lines`
        error: cannot read the spec web.yaml  VAPP_SPEC_FILE
          there is no such file
          → printf 'appliance: web\\nos: debian-13\\n' > web.yaml
      `,
    });
  });
});

describe('explain', () => {
  beforeEach(() => home.write('web.yaml', spec('memory: 2GiB')));

  test('every value and where it comes from', async () => {
    const { status, stdout } = await home.vapp('explain', 'web.yaml');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^KEY +VALUE +FROM$/m);
    expect(stdout).toMatch(/^memory +2GiB +web\.yaml:6:9$/m);
    expect(stdout).toMatch(/^locale +C\.UTF-8 +default$/m);
    expect(stdout).toMatch(/^hostname +web +guess: the name of the appliance$/m);
  });

  test('one key', async () => {
    const { stdout } = await home.vapp('explain', 'web.yaml', 'memory');
    expect(stdout).toMatch(
      /^memory = 2GiB\n {2}type {7}.+\n {2}from {7}web\.yaml:6:9\n {2}what {7}Memory of .+$/,
    );
  });

  test('the questions that a key answers', async () => {
    const { stdout } = await home.vapp('explain', 'web.yaml', 'timezone');
    expect(stdout).toMatch(/^ {2}questions {2}.*time\/zone/m);
  });

  test('a key of which the spec has none, and one that does not exist', async () => {
    expect(await home.vapp('explain', 'web.yaml', 'users')).toEqual({ status: 0, stdout: 'users = none' });
    expect(await home.vapp('explain', 'web.yaml', 'memry')).toEqual({
      status: 2,
      stderr: lines`
        error: there is no key memry  VAPP_USAGE
          specs have no such key
          → did you mean vapp explain web.yaml memory?
      `,
    });
    expect((await home.vapp('explain', 'web.yaml', 'xyzzy')).stderr).toContain('→ vapp explain web.yaml');
  });

  test('as JSON', async () => {
    const { stdout } = await home.vapp('explain', 'web.yaml', 'memory', '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toMatchObject({
      v: 1,
      keys: [{ key: 'memory', value: '2GiB', origin: 'web.yaml:6:9' }],
    });
  });
});

test('schema prints a JSON schema', async () => {
  const { status, stdout } = await home.vapp('schema');
  expect(status).toBe(0);
  expect(JSON.parse(stdout ?? '')).toMatchObject({ type: 'object', required: ['appliance', 'os'] });
});
