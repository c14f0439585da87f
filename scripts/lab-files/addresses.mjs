// How the lab is reached. Pure.

/** encodeURIComponent, but paths stay readable. */
const encoded = (path) => encodeURIComponent(path).replaceAll('%2F', '/').replaceAll("'", '%27');

const uri = (scheme, port, parameters) => {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encoded(value)}`);
  return `${scheme}://root@127.0.0.1:${port}/system?${query.join('&')}`;
};

/**
 * libvirt's URIs of both drivers. `no_verify` only keeps ssh from asking: the program of `command` knows the lab's host key,
 * refuses any other, and leaves the user's known_hosts alone. Other clients than libvirt's may not know `command`. The
 * ones for libssh (a transport of libvirt's own) name the host key's file.
 */
export const addresses = ({ port, key, knownHosts: hosts, wrapper }) => {
  const ssh = { keyfile: key, command: wrapper, no_verify: '1', no_tty: '1' };
  const libssh = { keyfile: key, known_hosts: hosts, known_hosts_verify: 'normal', sshauth: 'privkey' };
  return {
    qemu: uri('qemu+ssh', port, ssh),
    xen: uri('xen+ssh', port, ssh),
    qemuLibssh: uri('qemu+libssh', port, libssh),
    xenLibssh: uri('xen+libssh', port, libssh),
  };
};

// ssh_config(5): a percent sign begins a token.
const quoted = (path) => `"${path.replaceAll('%', '%%')}"`;

/** Text of a known_hosts: by our alias for ssh, by address and port for libssh, which has no alias. */
export const knownHosts = (port, hostKey) => {
  const [type, key] = hostKey.trim().split(' ');
  return `vapp-lab,[127.0.0.1]:${port} ${type} ${key}\n`;
};

/** For `ssh -F`; the host is `lab`, and by its address the same. */
export const sshConfig = ({ port, key, knownHosts: hosts }) => `Host lab 127.0.0.1
  HostName 127.0.0.1
  Port ${port}
  User root
  IdentityFile ${quoted(key)}
  IdentitiesOnly yes
  HostKeyAlias vapp-lab
  UserKnownHostsFile ${quoted(hosts)}
  StrictHostKeyChecking yes
  ConnectTimeout 10
  LogLevel ERROR
`;

const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A program that is ssh for the lab. What ssh is told first counts: nobody's option turns off the check of the host key. */
export const sshWrapper = (config) => `#!/bin/sh
exec ssh -F ${shellWord(config)} -o StrictHostKeyChecking=yes "$@"
`;
