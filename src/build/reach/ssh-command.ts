import { VappError } from '../../errors.js';

/** How ssh(1) reaches the machine of a libvirt URI: `program …options -- host`. */
export interface SshCommand {
  program: string;
  options: readonly string[];
  host: string;
}

/** libvirt's transports over ssh: the program, and two libraries that take much the same parameters. */
const transports = /^[^:+]+\+(?:ssh|libssh2?):/;

/** What ssh itself refuses in names (valid_hostname and valid_ruser of ssh.c), as they reach shells by ProxyCommand. */
const unsafe = /^-|[\s'"`;&<>|(){}\x00-\x1f\x7f]|\\$/;

/** Of a key, which is a word of its own on the command line. */
const unsafeWord = /[\x00-\x1f\x7f]/;

/** The configuration's syntax gives these a meaning of their own; a file of the user's has other names. */
const unsafePath = /[\s"'\\\x00-\x1f\x7f]/;

/**
 * The command line that libvirt would use for a URI (virNetSocketNewConnectSSH, https://libvirt.org/uri.html), or
 * undefined for a URI that does not go over ssh. Pure. Throws VAPP_HOST_SSH_URI for values that could be taken for
 * anything but names.
 */
export function sshCommand(uri: string): SshCommand | undefined {
  if (!transports.test(uri)) return undefined;
  const { host, port, user, parameters } = readUri(uri);
  const keyfile = parameters.get('keyfile');
  return {
    program: parameters.get('command') || 'ssh',
    options: [
      ...(port ? ['-p', port] : []),
      ...(user ? ['-l', user] : []),
      ...(keyfile ? ['-i', literal(keyfile, uri, unsafeWord)] : []),
      ...knownHosts(parameters, uri),
    ],
    host,
  };
}

/** The same, and undefined for a URI that cannot be used, too. */
export function commandOf(uri: string): SshCommand | undefined {
  try {
    return sshCommand(uri);
  } catch {
    return undefined;
  }
}

/** The name or address in a URL's `hostname`, which has an IPv6 address in brackets. */
export const hostOf = (hostname: string): string => decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1');

/** RFC 6874: the zone of a link-local address, which URL does not know. */
const zoneOf = /(?<=\/\/(?:[^@/?#]*@)?\[[0-9A-Fa-f:.]+)%25([^\]/?#]+)(?=\])/;

function readUri(uri: string) {
  try {
    const zone = zoneOf.exec(uri)?.[1];
    const { hostname, port, username, search } = new URL(uri.replace(zoneOf, ''));
    // Without one, libvirt goes to this machine.
    const address = hostOf(hostname) || 'localhost';
    const host = zone === undefined ? address : `${address}%${decodeURIComponent(zone)}`;
    const user = decodeURIComponent(username);
    if (unsafe.test(host)) throw unusable(uri, `${JSON.stringify(host)} is no name of a host`);
    if (user !== '' && unsafe.test(user)) throw unusable(uri, `${JSON.stringify(user)} is no name of a user`);
    return { host, port, user, parameters: readParameters(search) };
  } catch (error) {
    if (error instanceof VappError) throw error;
    throw unusable(uri, 'it is not a URL', error);
  }
}

/** As libvirt reads them (virURIParseParams): a plus sign is no blank, the first of several counts. */
function readParameters(search: string): Map<string, string> {
  const pairs = search.replace(/^\?/, '').split(/[&;]/).filter(Boolean);
  const read = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [decodeURIComponent(name), decodeURIComponent(value.join('='))] as const;
  });
  return new Map(read.reverse());
}

/** `no_verify` of the program's transport, `known_hosts` and `known_hosts_verify` of the libraries'. */
function knownHosts(parameters: ReadonlyMap<string, string>, uri: string): string[] {
  const file = parameters.get('known_hosts');
  const relaxed = Number(parameters.get('no_verify') ?? 0) !== 0;
  const strictness = relaxed ? 'no' : verification[parameters.get('known_hosts_verify') ?? ''];
  return [
    ...(file ? ['-o', `UserKnownHostsFile=${literal(file, uri)}`] : []),
    ...(strictness ? ['-o', `StrictHostKeyChecking=${strictness}`] : []),
  ];
}

const verification: Readonly<Record<string, string>> = { normal: 'yes', auto: 'accept-new', ignore: 'no' };

/** A path that ssh takes as it is: it expands `%`. */
function literal(path: string, uri: string, refused = unsafePath): string {
  if (refused.test(path)) throw unusable(uri, `ssh cannot be told the path ${JSON.stringify(path)}`);
  return path.replaceAll('%', '%%');
}

const unusable = (uri: string, why: string, cause?: unknown): VappError =>
  new VappError('VAPP_HOST_SSH_URI', `ssh cannot be used for ${JSON.stringify(uri)}`, {
    why,
    hint: '--connect qemu+ssh://USER@HOST/system',
    cause,
  });
