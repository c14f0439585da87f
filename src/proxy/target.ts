/** What a client asks for. `path` is decoded, without a slash at either end; no part of it is empty, `.` or `..`. */
export interface Target {
  host: string;
  port: number;
  path: string;
}

/** Why a request is not served, for the client and for the reader of a warning. */
export interface Refusal {
  status: number;
  reason: string;
}

export const isRefusal = (value: object): value is Refusal => 'reason' in value;

const longestPath = 2048;
/** What a file system takes: limits.h, NAME_MAX. */
const longestPart = 255;
const absolute = /^http:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(\/[^?#]*)?$/i;

const refuse = (status: number, reason: string): Refusal => ({ status, reason });

const decode = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
};

/** Decoded once, so `%2e%2e` and `%2f` are seen for what they are, and `%252f` stays a strange name. */
const isPlain = (part: string | undefined): part is string =>
  part !== undefined && part !== '.' && part !== '..' && !/[/\\\x00-\x1f\x7f]/.test(part);

const readPath = (raw: string): string | Refusal => {
  const parts = raw.split('/').filter(Boolean).map(decode);
  if (!parts.every(isPlain)) return refuse(400, 'the path is not a plain one');
  if (parts.some((part) => Buffer.byteLength(part) > longestPart)) return refuse(414, 'a name is too long');
  return parts.join('/');
};

/**
 * Reads a request target as clients send it to an HTTP proxy, in absolute form (RFC 9112, 3.2.2). Anything that a package archive
 * needs no name for is refused: queries, other schemes, user names, ways up.
 */
export const parseTarget = (raw: string): Target | Refusal => {
  if (raw.length > longestPath) return refuse(414, 'the address is too long');
  if (raw.startsWith('/'))
    return refuse(400, 'this is a proxy: the whole address is needed, http://host/path');
  if (/^https:/i.test(raw)) return refuse(403, 'https does not pass through; write the address with http');
  const [, host, port, path] = absolute.exec(raw) ?? [];
  if (!host || Number(port ?? 80) > 65535) return refuse(400, 'the address is not a plain http one');
  const plain = readPath(path ?? '/');
  return typeof plain === 'string'
    ? { host: host.toLowerCase(), port: Number(port ?? 80), path: plain }
    : plain;
};

/** A path as it goes into a URL. `+` too is escaped, as apt does: some storage services read a bare one as a blank. */
export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
