import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatherSpecHost } from '../../src/spec/index.js';
import { publicKey } from './keys.js';

let directory: string;

const put = (path: string, text: string): void => {
  mkdirSync(join(directory, path, '..'), { recursive: true });
  writeFileSync(join(directory, path), text);
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-host-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const gather = () =>
  gatherSpecHost({ HOME: join(directory, 'home') }, { aptDirectory: join(directory, 'apt') });

it('finds nothing on a bare host', () => {
  const host = gather();
  expect(host.sshPublicKeys).toEqual([]);
  expect(host).not.toHaveProperty('mirror');
  expect(host).not.toHaveProperty('securityMirror');
});

it('reads the sources of apt in both formats', () => {
  put('apt/sources.list', 'deb http://mirror.example/debian trixie main\n');
  put(
    'apt/sources.list.d/security.sources',
    'Types: deb\nURIs: http://mirror.example/debian-security\nSuites: trixie-security\nComponents: main\n',
  );
  put('apt/sources.list.d/old.list.bak', 'deb http://old.example/debian trixie-updates main\n');
  expect(gather()).toMatchObject({
    mirror: { uri: 'http://mirror.example/debian', from: join(directory, 'apt/sources.list') },
    securityMirror: { uri: 'http://mirror.example/debian-security' },
  });
});

it('reads the public keys of the user and passes over what is none', () => {
  const line = publicKey('ssh-ed25519');
  put('home/.ssh/id_ed25519.pub', `${line}\n`);
  put('home/.ssh/broken.pub', 'hello\n');
  put('home/.ssh/id_ed25519', 'not a public key\n');
  const host = gather();
  expect(host.sshPublicKeys).toEqual([{ path: join(directory, 'home/.ssh/id_ed25519.pub'), line }]);
  expect(host.home).toBe(join(directory, 'home'));
  expect(host.user).not.toBe('');
});

it('reads files, and nothing where there is none', () => {
  put('a', 'text');
  const { readText } = gather();
  expect(readText(join(directory, 'a'))).toBe('text');
  expect(readText(join(directory, 'b'))).toBeUndefined();
  expect(readText(directory)).toBeUndefined();
});

it('knows the size of regular files alone', () => {
  put('a', 'text');
  const { fileSize } = gather();
  expect(fileSize(join(directory, 'a'))).toBe(4);
  expect(fileSize(join(directory, 'b'))).toBeUndefined();
  expect(fileSize(directory)).toBeUndefined();
  expect(fileSize('/dev/null')).toBeUndefined();
});

const underSudo = (name: string, uid: number) =>
  gatherSpecHost({ HOME: directory, SUDO_USER: name }, { aptDirectory: directory, uid });

it('under sudo takes the account of the person who typed it', () => {
  // The account daemon is in every Debian system; its home is /usr/sbin (base-passwd).
  expect(underSudo('daemon', 0)).toMatchObject({ user: 'daemon', home: '/usr/sbin' });
});

it('does not believe SUDO_USER without sudo, or without such an account', () => {
  expect(underSudo('daemon', 1000).home).toBe(directory);
  expect(underSudo('no-such-user', 0).home).toBe(directory);
  expect(underSudo('--service=x', 0).home).toBe(directory);
  expect(underSudo('root', 0).home).toBe(directory);
});
