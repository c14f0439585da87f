import { describe, expect, it } from 'vitest';
import { errorOf, minimal, parse } from './helpers.js';
import { publicKey } from './keys.js';

describe('proxy', () => {
  it.each(['http_proxy', 'HTTP_PROXY'])('comes from %s', (name) => {
    const { appliance, origins } = parse(minimal(), { env: { [name]: 'http://proxy.example:3128/' } });
    expect(appliance.proxy).toBe('http://proxy.example:3128');
    expect(origins.get('proxy')).toEqual({ kind: 'guess', from: `the environment variable ${name}` });
  });

  it.each(['', 'proxy.example:3128', 'socks5://proxy.example', 'http://ann:secret@proxy.example'])(
    'is none for %j',
    (value) => {
      const { appliance, origins } = parse(minimal(), { env: { http_proxy: value } });
      expect(appliance).not.toHaveProperty('proxy');
      expect(origins.get('proxy')).toEqual({ kind: 'default' });
    },
  );

  it('of the spec wins', () => {
    const env = { http_proxy: 'http://proxy.example:3128' };
    expect(parse(minimal('proxy: http://other.example'), { env }).appliance.proxy).toBe(
      'http://other.example',
    );
  });
});

describe('mirrors', () => {
  it('come from the apt of the host', () => {
    const { appliance, origins } = parse(minimal(), {
      mirror: { uri: 'http://mirror.example/debian', from: '/etc/apt/sources.list' },
      securityMirror: { uri: 'http://mirror.example/debian-security', from: '/etc/apt/sources.list' },
    });
    expect(appliance).toMatchObject({
      mirror: 'http://mirror.example/debian',
      securityMirror: 'http://mirror.example/debian-security',
    });
    expect(origins.get('security_mirror')).toEqual({
      kind: 'guess',
      from: "this host's /etc/apt/sources.list",
    });
  });
});

describe('the SSH key of root', () => {
  const keys = (...types: string[]) => ({
    sshPublicKeys: types.map((type) => ({ path: `/home/ann/.ssh/${type}.pub`, line: publicKey(type) })),
  });

  it('is the best that the user has', () => {
    const { appliance, origins } = parse(minimal(), keys('ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519'));
    expect(appliance.root.sshKeys).toEqual([publicKey('ssh-ed25519')]);
    expect(origins.get('root.ssh_keys')).toEqual({
      kind: 'guess',
      from: '/home/ann/.ssh/ssh-ed25519.pub of the user ann',
    });
    expect(parse(minimal(), keys('ssh-dss', 'ssh-rsa')).appliance.root.sshKeys).toEqual([
      publicKey('ssh-rsa'),
    ]);
  });

  it('is given when all logins are locked, but not against the spec', () => {
    expect(parse(minimal('root: { password: "!" }'), keys('ssh-rsa')).appliance.root.sshKeys).toHaveLength(1);
    expect(errorOf(minimal('root: { ssh_keys: [] }'), keys('ssh-rsa'))).toMatchObject({
      code: 'VAPP_SPEC_NO_LOGIN',
      why: 'the spec gives no password and no SSH key',
    });
  });

  it.each([
    'users: [{ name: ann, password: { env: PW } }]',
    'root: { password: { env: PW } }',
    `users: [{ name: ann }, { name: bob, ssh_keys: ["${publicKey('ssh-rsa')}"] }]`,
  ])('is not needed with %s', (line) => {
    const resolved = parse(minimal(line), { ...keys('ssh-rsa'), env: { PW: 'secret' } });
    expect(resolved.appliance.root.sshKeys).toEqual([]);
    expect(resolved.origins.get('root.ssh_keys')).toEqual({ kind: 'default' });
  });
});
