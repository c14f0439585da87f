import { describe, expect, test } from 'vitest';
import { readInventory } from '../../scripts/compare/inventory.mjs';
import { answersOf, systemOf } from './inventory-support.js';

const aspect = (name: string, parts?: Record<string, string>) =>
  Object.fromEntries(systemOf(parts).aspects[name]!);

test('files have type, permissions, owner and content; links a target, devices numbers', () => {
  expect(aspect('file')).toEqual({
    '/': { type: 'directory', mode: '0755', owner: '0:0' },
    '/bin': { type: 'link', mode: '', owner: '0:0', target: 'usr/bin' },
    '/usr/bin/env': { type: 'file', mode: '0755', owner: '0:0', content: 'a'.repeat(64) },
    '/etc/a file': { type: 'file', mode: '0644', owner: '0:42', content: 'b'.repeat(64) },
    '/var/lib/dpkg/info/env.list': { type: 'file', mode: '0600', owner: '0:0' },
    '/dev/null': { type: 'character device', mode: '0666', owner: '0:0', device: '1:3' },
  });
});

test('packages are known by their names, whatever the architecture', () => {
  expect(aspect('package')).toEqual({
    env: { version: '1.0-1', status: 'ii' },
    libx: { version: '2:3', status: 'ii' },
  });
  expect(aspect('automatic')).toEqual({ libx: { automatic: 'yes' } });
});

test('paths from before the merge of /usr belong to the packages too', () => {
  expect(systemOf().owners).toEqual(
    new Map([
      ['/', ['env']],
      ['/usr/bin/env', ['env']],
      ['/usr/lib/libx.so', ['libx']],
    ]),
  );
});

test('units, accounts, passwords and questions are records', () => {
  expect(aspect('unit')).toEqual({ 'ssh.service': { state: 'enabled' } });
  expect(aspect('group').ssh).toEqual({ password: 'x', gid: '100', members: 'ann,ben' });
  expect(aspect('password').root).toMatchObject({ kind: 'hash', maximum: '99999' });
  expect(aspect('question')).toEqual({ 'env/mode': { value: 'all', flags: 'seen' } });
  expect(aspect('template')).toEqual({ 'env/mode': { type: 'select' } });
  expect(systemOf().questions.get('env/mode')).toEqual(['env', 'env']);
});

test('dpkg --verify is told by path', () => {
  expect(aspect('verify')).toEqual({ '/etc/a file': { result: '??5?????? c' } });
});

describe('an answer that failed', () => {
  test('is an error with what the program said', () => {
    const answers = answersOf({
      'packages.status': '2\n',
      'packages.error': 'dpkg-query: error: no such file',
    });
    expect(() => readInventory(answers)).toThrow(/packages \(status 2\): dpkg-query: error/);
  });

  test('is an error too when it never came', () => {
    const answers = answersOf();
    answers.delete('units.status');
    expect(() => readInventory(answers)).toThrow('units (status none)');
  });

  test('is none for dpkg --verify that has found something', () => {
    expect(() => readInventory(answersOf({ 'verify.status': '1\n' }))).not.toThrow();
  });
});
