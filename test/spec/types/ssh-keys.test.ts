import { describe, expect, it } from 'vitest';
import { sshKeyProblem } from '../../../src/spec/ssh-key.js';
import { errorOf, marked, minimal, parse } from '../helpers.js';
import { publicKey } from '../keys.js';

const key = publicKey('ssh-ed25519');
const spec = (...items: string[]): string =>
  minimal('root:', '  ssh_keys:', ...items.map((item) => `    - ${item}`));
const files = (contents: Record<string, string>) => ({ readText: (path: string) => contents[path] });

describe('sshKeyProblem', () => {
  it.each([
    'ssh-ed25519',
    'sk-ssh-ed25519@openssh.com',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'sk-ecdsa-sha2-nistp256@openssh.com',
    'ssh-rsa',
  ])('accepts %s', (type) => {
    expect(sshKeyProblem(publicKey(type))).toBeUndefined();
  });

  it('accepts options and a missing comment', () => {
    expect(sshKeyProblem(`command="/bin/ls -l \\"x\\"",no-pty ${key}`)).toBeUndefined();
    expect(sshKeyProblem(key.split(' ').slice(0, 2).join(' '))).toBeUndefined();
  });

  it.each([
    ['ssh-dss', publicKey('ssh-dss'), 'OpenSSH 10 no longer knows DSA keys'],
    ['a certificate', publicKey('ssh-ed25519-cert-v01@openssh.com'), /is no key type of authorized_keys/],
    [
      'another type inside',
      publicKey('ssh-rsa', '', 'ssh-ed25519'),
      'the line says ssh-rsa, the key itself ssh-ed25519',
    ],
    ['no blob', 'ssh-ed25519', 'the part after the type is not base64'],
    ['a blob that is no base64', 'ssh-ed25519 AAA*', 'the part after the type is not base64'],
    ['a blob that is cut off', 'ssh-ed25519 AAAAC3NzaC1l', 'the key is cut off'],
    ['a blob of its type only', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5', 'the key is cut off'],
    ['a huge length', `ssh-ed25519 ${Buffer.alloc(40, 255).toString('base64')}`, 'the key is cut off'],
    ['two lines', `${key}\n${key}`, 'a key is one line without control characters'],
    ['something else', 'hello world', 'it names no key type, such as ssh-ed25519'],
  ])('refuses %s', (_, line, why) => {
    expect(sshKeyProblem(line)).toMatch(why);
  });
});

describe('ssh_keys', () => {
  it('takes lines, and paths relative to the spec, to the home and absolute', () => {
    const rsa = publicKey('ssh-rsa');
    const ecdsa = publicKey('ecdsa-sha2-nistp256');
    const sk = publicKey('sk-ssh-ed25519@openssh.com');
    const contents = {
      '/specs/keys/ops.pub': `# of the team\n${rsa}\r\n\n${ecdsa}\n`,
      '/home/ann/.ssh/id.pub': sk,
      '/etc/key.pub': `${key}\n`,
    };
    const { appliance } = parse(
      spec(`"${key}"`, 'keys/ops.pub', '~/.ssh/id.pub', '/etc/key.pub'),
      files(contents),
    );
    expect(appliance.root.sshKeys).toEqual([key, rsa, ecdsa, sk]);
  });

  it('refuses a wrong line at its place', () => {
    const error = errorOf(spec(`"${key}"`, 'ssh-ed25519 AAAA'));
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_SSH_KEY',
      message: 'root.ssh_keys[1] is not a public key',
      why: 'the key is cut off',
      at: { line: 6, column: 7 },
    });
    expect(marked(error)).toBe('ssh-ed25519 AAAA');
  });

  it('refuses a private key without showing it', () => {
    const text = minimal(
      'root:',
      '  ssh_keys:',
      '    - "-----BEGIN OPENSSH PRIVATE KEY-----\\nc2VjcmV0\\n-----END OPENSSH PRIVATE KEY-----"',
    );
    const error = errorOf(text);
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_PRIVATE_KEY',
      message: 'root.ssh_keys[0] is a private key',
    });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('c2VjcmV0');
    expect(error.at).toMatchObject({ line: 5, column: 7 });
  });

  it('refuses the path of a private key', () => {
    const contents = { '/home/ann/.ssh/id_ed25519': '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n' };
    const error = errorOf(spec('~/.ssh/id_ed25519'), files(contents));
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_PRIVATE_KEY',
      message: 'root.ssh_keys[0]: "/home/ann/.ssh/id_ed25519" is a private key',
      hint: 'write ~/.ssh/id_ed25519.pub; ssh-keygen -y -f /home/ann/.ssh/id_ed25519 prints the public key',
    });
  });

  it('says when a file is missing, and whether .pub was forgotten', () => {
    expect(errorOf(spec('id.pub'))).toMatchObject({
      code: 'VAPP_SPEC_SSH_KEY',
      message: 'root.ssh_keys[0]: cannot read "/specs/id.pub"',
      hint: 'ls -l /specs/id.pub',
    });
    expect(errorOf(spec('id'), files({ '/specs/id.pub': key })).hint).toBe('write id.pub');
  });

  it.each([
    ['', 'it is empty'],
    ['# nothing\n', 'it is empty'],
    [`${key}\nhello\n`, 'it names no key type, such as ssh-ed25519'],
  ])('refuses a file with %j', (text, why) => {
    expect(errorOf(spec('id.pub'), files({ '/specs/id.pub': text }))).toMatchObject({
      code: 'VAPP_SPEC_SSH_KEY',
      message: 'root.ssh_keys[0]: there is no public key in "/specs/id.pub"',
      why,
    });
  });

  it('must be a list', () => {
    expect(errorOf(minimal('root: { ssh_keys: id.pub }'))).toMatchObject({
      message: 'root.ssh_keys must be a list, not a text',
      hint: 'write [id.pub]',
    });
  });
});
