import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/spec/index.js';
import { errorOf, errorsOf, minimal, parse } from '../helpers.js';

const sha512 = `$6$rounds=5000$saltsalt$${'a'.repeat(86)}`;
const plain = 'correct horse';

/** crypt(3) of the system's libcrypt, by way of perl. */
const crypt = (password: string, hash: string): string =>
  execaSync('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, hash]).stdout;

const hashOf = (reference: string, more: Parameters<typeof parse>[1]): string =>
  parse(minimal(`root: { password: ${reference} }`), more).appliance.root.passwordHash!;

describe('a password', () => {
  it.each([
    sha512,
    `$6$s$${'b'.repeat(86)}`,
    `$5$saltsalt$${'c'.repeat(43)}`,
    `$y$j9T$0123456789$${'d'.repeat(43)}`,
  ])('may be the hash %s', (hash) => {
    expect(parse(minimal(`root: { password: ${hash} }`)).appliance.root.passwordHash).toBe(hash);
  });

  it('may be locked, which is the same as none', () => {
    expect(parse(minimal('root: { password: "!" }')).appliance.root).not.toHaveProperty('passwordHash');
  });

  it('is hashed when an environment variable holds it', () => {
    const hash = hashOf('{ env: ROOT_PW }', { env: { ROOT_PW: plain } });
    expect(hash).toMatch(/^\$6\$[./A-Za-z0-9]{8,16}\$[./A-Za-z0-9]{86}$/);
    expect(crypt(plain, hash)).toBe(hash);
  });

  it('is hashed with a salt of its own each time', () => {
    const env = { env: { ROOT_PW: plain } };
    expect(hashOf('{ env: ROOT_PW }', env)).not.toBe(hashOf('{ env: ROOT_PW }', env));
  });

  it('is the first line of a file, relative to the spec', () => {
    const readText = (path: string) => (path === '/specs/secrets/pw' ? `${plain}\r\nsecond\n` : undefined);
    const hash = hashOf('{ file: secrets/pw }', { readText });
    expect(crypt(plain, hash)).toBe(hash);
  });

  it('stays a hash when a hash is behind the reference', () => {
    expect(hashOf('{ env: ROOT_PW }', { env: { ROOT_PW: sha512 } })).toBe(sha512);
  });

  it('is not hashed as if locked when it is an exclamation mark', () => {
    expect(hashOf('{ env: ROOT_PW }', { env: { ROOT_PW: '!' } })).toMatch(/^\$6\$/);
  });

  it('is nowhere in what a spec resolves to', () => {
    const resolved = parse(minimal('root: { password: { env: ROOT_PW } }'), { env: { ROOT_PW: plain } });
    expect(JSON.stringify([resolved.appliance, [...resolved.origins], explain(resolved)])).not.toContain(
      plain,
    );
  });

  it('is refused in plain text, and not shown', () => {
    const error = errorOf(minimal('root: { password: hunter2, ssh_keys: [] }'));
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_PASSWORD',
      why: 'a spec is shared and kept, so it holds no password in plain text',
      hint: expect.stringContaining('{ env: NAME }'),
      at: { line: 3, column: 19, length: 7, text: 'root: { password: •••••••, ssh_keys: [] }' },
    });
    expect(`${error.message}${error.hint}`).not.toContain('hunter2');
  });

  it.each([
    'root: { pasword: hunter2 }',
    'root: { password: "hunter2" }',
    "root: { 'password': hunter2 }",
    'root: { password: @hunter2 }',
    'root: { password: hunter2 ',
    'rot: { password: hunter2 }',
    'root:\n  password: !x hunter2',
    'root:\n  password:\n    hunter2',
    'root:\n  password: |\n    hunter2',
    'root:\n  password: a,hunter2',
    'root: { password: "a,hunter2" }',
    'root: { password: "a\\",hunter2", x: 1 }',
    'users: [{ name: A, password: hunter2 }]',
  ])('is not shown by other errors either: %j', (line) => {
    for (const { at, message, why, hint } of errorsOf(minimal(line)))
      expect(`${at?.text}${message}${why}${hint}`).not.toContain('hunter2');
  });

  it('is not shown when it was cut off by the shell', () => {
    expect(errorOf(minimal('root: { password: $6$abc }')).why).toMatch(/complete/);
  });

  it.each([
    ['{ env: NONE }', 'root.password: no password in the environment variable "NONE"', 'it is not set'],
    [
      '{ env: toString }',
      'root.password: no password in the environment variable "toString"',
      'it is not set',
    ],
    [
      '{ env: EMPTY }',
      'root.password: no password in the environment variable "EMPTY"',
      'its first line is empty',
    ],
    [
      '{ env: BELL }',
      'root.password: no password in the environment variable "BELL"',
      'it holds a control character',
    ],
    [
      '{ file: ~/none }',
      'root.password: no password in the file "/home/ann/none"',
      'there is no such file, or it cannot be read',
    ],
  ])('must be behind its reference %s', (reference, message, why) => {
    const env = { EMPTY: '', BELL: 'a\u0007' };
    expect(errorOf(minimal(`root: { password: ${reference} }`), { env })).toMatchObject({
      code: 'VAPP_SPEC_SECRET',
      message,
      why,
    });
  });

  it.each(['{}', '{ env: A, file: B }', '{ variable: A }'])('has a reference of one key: %s', (reference) => {
    expect(errorOf(minimal(`root: { password: ${reference} }`))).toMatchObject({
      code: 'VAPP_SPEC_PASSWORD',
      why: 'a reference has one key, env or file',
    });
  });

  it.each(['[a]', '', '{ env: 1 }', '{ file: }'])('has the right type: %j', (value) => {
    expect(errorOf(minimal('root:', `  password: ${value}`)).code).toBe('VAPP_SPEC_TYPE');
  });

  it('is a text even when it looks like a number', () => {
    const error = errorOf(minimal('root: { password: 1234 }'));
    expect(error).toMatchObject({ code: 'VAPP_SPEC_PASSWORD', at: { text: 'root: { password: •••• }' } });
  });
});
