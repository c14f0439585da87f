import { describe, expect, test } from 'vitest';
import { sshCommand } from '../../../src/build/reach/ssh-command.js';

/** The whole argument list, as it would be run. */
const line = (uri: string): string[] => {
  const { program, options, host } = sshCommand(uri)!;
  return [program, ...options, '--', host];
};

describe('a URI over ssh', () => {
  test.each([
    ['qemu+ssh://kvm1/system', ['ssh', '--', 'kvm1']],
    ['xen+ssh://root@xen1.example/system', ['ssh', '-l', 'root', '--', 'xen1.example']],
    ['qemu+ssh://web%2Dmaster@kvm1:2222/system', ['ssh', '-p', '2222', '-l', 'web-master', '--', 'kvm1']],
    ['qemu+ssh://[fd00::1]:22/session', ['ssh', '-p', '22', '--', 'fd00::1']],
    ['qemu+libssh2://admin@kvm1/system', ['ssh', '-l', 'admin', '--', 'kvm1']],
    ['qemu+libssh://kvm1/system', ['ssh', '--', 'kvm1']],
    ['qemu+ssh:///system', ['ssh', '--', 'localhost']],
    ['qemu+ssh://root@[fe80::1%25eth0]:22/system', ['ssh', '-p', '22', '-l', 'root', '--', 'fe80::1%eth0']],
  ])('%s', (uri, expected) => {
    expect(line(uri)).toEqual(expected);
  });

  test.each([
    ['keyfile=/home/a/k+1', ['-i', '/home/a/k+1']],
    ['keyfile=%2Fhome%2Fa%2F100%25', ['-i', '/home/a/100%%']],
    ['keyfile=/home/a%20b/k', ['-i', '/home/a b/k']],
    ['no_verify=1', ['-o', 'StrictHostKeyChecking=no']],
    ['no_verify=0', []],
    ['known_hosts=/etc/hosts.d/kvm', ['-o', 'UserKnownHostsFile=/etc/hosts.d/kvm']],
    ['known_hosts_verify=normal', ['-o', 'StrictHostKeyChecking=yes']],
    ['known_hosts_verify=auto', ['-o', 'StrictHostKeyChecking=accept-new']],
    ['known_hosts_verify=ignore', ['-o', 'StrictHostKeyChecking=no']],
    ['no_tty=1&keyfile=/k;no_verify=1', ['-i', '/k', '-o', 'StrictHostKeyChecking=no']],
    ['keyfile=/first&keyfile=/second', ['-i', '/first']],
    ['socket=/run/other-sock&netcat=/bin/nc&proxy=native&mode=legacy', []],
  ])('with %s', (query, options) => {
    expect(line(`qemu+ssh://kvm1/system?${query}`)).toEqual(['ssh', ...options, '--', 'kvm1']);
  });

  test('the program may be another', () => {
    expect(sshCommand('qemu+ssh://kvm1/system?command=/opt/ssh/bin/ssh')?.program).toBe('/opt/ssh/bin/ssh');
  });
});

test.each([
  'qemu:///system',
  'qemu+tls://kvm1/system',
  'qemu+tcp://kvm1/system',
  'qemu://kvm1/system',
  'test:///default',
])('%s does not go over ssh', (uri) => {
  expect(sshCommand(uri)).toBeUndefined();
});

test.each([
  ['a host that is an option', 'qemu+ssh://-oProxyCommand=x/system'],
  ['one that hides it', 'qemu+ssh://%2DoProxyCommand=x/system'],
  ['a host that a shell would run', 'qemu+ssh://a%60id%60/system'],
  ['a zone that a shell would run', 'qemu+ssh://[fe80::1%25a%60id%60]/system'],
  ['a user that is an option', 'qemu+ssh://-lroot@kvm1/system'],
  ['a user that a shell would run', 'qemu+ssh://a%3Bid@kvm1/system'],
  ['a user with a line end', 'qemu+ssh://a%0Ab@kvm1/system'],
  ['a file name that is several', 'qemu+ssh://kvm1/system?known_hosts=/a%20/b'],
  ['a key file with a line end', 'qemu+ssh://kvm1/system?keyfile=/a%0A'],
  ['a port that is none', 'qemu+ssh://kvm1:22x/system'],
])('%s is refused', (_, uri) => {
  expect(() => sshCommand(uri)).toThrow(
    expect.objectContaining({
      code: 'VAPP_HOST_SSH_URI',
      message: `ssh cannot be used for ${JSON.stringify(uri)}`,
      hint: '--connect qemu+ssh://USER@HOST/system',
    }),
  );
});
