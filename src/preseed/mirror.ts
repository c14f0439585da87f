import { VappError } from '../errors.js';

/** A package archive as the installer wants it: `host` may carry a port, `directory` begins with a slash. */
export interface MirrorParts {
  host: string;
  directory: string;
}

/** Splits the URI of a mirror. Throws VAPP_PRESEED_MIRROR. */
export function splitMirror(uri: string): MirrorParts {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw new VappError('VAPP_PRESEED_MIRROR', `${JSON.stringify(uri)} is not the URI of a package archive`, {
      why: 'the installer takes an http or https URI without user, query or fragment',
      hint: 'Write: mirror: http://mirror.example/debian',
    });
  return { host: url.host, directory: url.pathname.replace(/\/+$/, '') || '/' };
}

const securityDirectory = '/debian-security';

/**
 * The answer to apt-setup/security_host. apt-setup (generators/91security) always writes
 * `http://HOST/debian-security`, so a leading part of the path goes with the host, and nothing else can be expressed.
 */
export function securityHost(uri: string): string {
  const { host, directory } = splitMirror(uri);
  if (!directory.endsWith(securityDirectory))
    throw new VappError(
      'VAPP_PRESEED_MIRROR',
      `The security archive ${uri} does not end with ${securityDirectory}`,
      {
        why: `the installer knows the security archive only as http://HOST${securityDirectory}`,
        hint: `Name a security archive whose path ends with ${securityDirectory}.`,
      },
    );
  return host + directory.slice(0, -securityDirectory.length);
}
