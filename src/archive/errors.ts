import { VappError } from '../errors.js';

type Code = `VAPP_ARCHIVE_${string}`;

/** A URL as it may be shown: without user name and password. */
export const shownUrl = (url: string): string => {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    return parsed.href;
  } catch {
    return url;
  }
};

const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
};

const archiveError = (code: Code, message: string, why: string, hint: string, cause?: unknown): VappError =>
  new VappError(code, message, { why, hint, ...(cause === undefined ? {} : { cause }) });

const tryAgainLater =
  'Try again in a few minutes; if it stays, choose another mirror with `mirror:` in the spec.';
const otherMirror = 'Choose another mirror with `mirror:` in the spec.';

export const badUrl = (url: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_BAD_URL',
    `${JSON.stringify(shownUrl(url))} is no URL to fetch from`,
    'Only http:// and https:// URLs can be fetched.',
    'Give the mirror as in a sources.list line, such as http://mirror.example/debian.',
  );

export const badProxy = (from: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_BAD_PROXY',
    `The HTTP proxy that ${from} names is not a URL`,
    'A proxy is given as http://host:port.',
    `Correct ${from}, or unset it.`,
  );

export const unreachable = (
  url: string,
  reason: string,
  proxy: string | undefined,
  cause?: unknown,
): VappError =>
  archiveError(
    'VAPP_ARCHIVE_UNREACHABLE',
    `The mirror ${hostOf(url)} cannot be reached`,
    proxy === undefined ? reason : `${reason} (through the proxy ${shownUrl(proxy)})`,
    `Try: curl -I ${shownUrl(url)}`,
    cause,
  );

export const httpStatus = (url: string, status: number): VappError =>
  archiveError(
    'VAPP_ARCHIVE_HTTP_STATUS',
    `${hostOf(url)} refused ${shownUrl(url)}`,
    `It answered with HTTP status ${status}.`,
    status === 407
      ? 'The proxy wants a user name and a password: http://user:password@host:port.'
      : tryAgainLater,
  );

export const notFound = (url: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_NOT_FOUND',
    `${shownUrl(url)} does not exist`,
    `${hostOf(url)} answered with HTTP status 404.`,
    'Check the mirror and the suite; a mirror that is being updated may lack a file for a few minutes.',
  );

export const notAnArchive = (url: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_NOT_AN_ARCHIVE',
    `${shownUrl(url)} is a web page, not a file of a package archive`,
    'The server answered with HTML, as a wrong address or a log-in page of the network does.',
    `Look at it: curl -L ${shownUrl(url)}`,
  );

export const truncated = (url: string, got: number, total: number | undefined, cause?: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_TRUNCATED',
    `${shownUrl(url)} ends too early again and again`,
    `${got} of ${total ?? 'an unknown number of'} bytes came before the connection was cut.`,
    'Run the same command again: it continues where this one stopped.',
    cause,
  );

export const wrongSize = (url: string, got: number | undefined, wanted: number): VappError =>
  archiveError(
    'VAPP_ARCHIVE_WRONG_SIZE',
    `${shownUrl(url)} has the wrong size`,
    `${got === undefined ? 'More' : got} bytes came, the signed index says ${wanted}.`,
    tryAgainLater,
  );

export const tooLarge = (url: string, limit: number): VappError =>
  archiveError(
    'VAPP_ARCHIVE_WRONG_SIZE',
    `${shownUrl(url)} is far too large`,
    `No honest file of this kind has more than ${limit} bytes.`,
    otherMirror,
  );

export const wrongHash = (url: string, got: string, wanted: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_WRONG_HASH',
    `${shownUrl(url)} is not the file that the signed index describes`,
    `Its SHA-256 is ${got}, wanted is ${wanted}; the mirror or a cache on the way changed it or is out of date.`,
    tryAgainLater,
  );

export const cacheUnwritable = (path: string, cause: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_CACHE',
    `The cache file ${path} cannot be written`,
    cause instanceof Error ? cause.message : String(cause),
    'Make room (df -h), or name another cache directory with XDG_CACHE_HOME.',
    cause,
  );

export const unsigned = (url: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_UNSIGNED',
    `${shownUrl(url)} is not signed`,
    'An InRelease file begins with "-----BEGIN PGP SIGNED MESSAGE-----" and ends with a signature.',
    otherMirror,
  );

export const unknownKey = (url: string, keys: readonly string[]): VappError =>
  archiveError(
    'VAPP_ARCHIVE_UNKNOWN_KEY',
    `${shownUrl(url)} is signed by a key that is not trusted for it`,
    `Key ${keys.join(', ')} is not in the keyring of this repository.`,
    "Give the repository's own key, or correct its address.",
  );

export const keyExpired = (url: string, keys: readonly string[], cause?: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_KEY_EXPIRED',
    `${shownUrl(url)} is signed by a key that was not valid at that time`,
    `Key ${keys.join(', ')} had expired, was revoked or did not exist yet when the signature was made.`,
    'Use a newer keyring; for the distribution itself, a newer vapp.',
    cause,
  );

export const weakSignature = (url: string, cause?: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_WEAK_SIGNATURE',
    `${shownUrl(url)} has only signatures over a weak hash`,
    'MD5, SHA-1 and RIPEMD-160 can be forged and count as no signature.',
    'Ask who runs the repository to sign with SHA-256 or better.',
    cause,
  );

export const tampered = (url: string, cause?: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_TAMPERED',
    `${shownUrl(url)} was changed after it was signed`,
    'Its signature, by a trusted key, does not fit its text.',
    `${otherMirror} If it stays, something between here and the mirror changes files.`,
    cause,
  );

const day = (date: Date): string => date.toUTCString();

export const expired = (url: string, validUntil: Date, now: Date): VappError =>
  archiveError(
    'VAPP_ARCHIVE_EXPIRED',
    `${shownUrl(url)} is no longer valid`,
    `It was valid until ${day(validUntil)}; the clock here says ${day(now)}.`,
    `Check the clock (date -u). If it is right, the mirror is no longer updated: ${otherMirror}`,
  );

export const fromTheFuture = (url: string, date: Date, now: Date): VappError =>
  archiveError(
    'VAPP_ARCHIVE_FROM_FUTURE',
    `${shownUrl(url)} is dated in the future`,
    `It was made at ${day(date)}; the clock here says ${day(now)}.`,
    'Set the clock of this machine (timedatectl, or date -u -s).',
  );

export const downgraded = (url: string, date: Date, seen: Date, memory: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_DOWNGRADED',
    `${shownUrl(url)} is older than what this mirror served before`,
    `It was made at ${day(date)}; a version of ${day(seen)} has been seen here.`,
    `Try again later or choose another mirror. If going back is meant, remove ${memory}`,
  );

export const suiteMismatch = (url: string, asked: string, suite?: string, codename?: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_SUITE_MISMATCH',
    `${shownUrl(url)} describes another suite than ${asked}`,
    `It says Suite ${suite ?? '(none)'}, Codename ${codename ?? '(none)'}.`,
    'Name the suite by its codename, and check the mirror.',
  );

export const badRelease = (url: string, why: string): VappError =>
  archiveError('VAPP_ARCHIVE_BAD_RELEASE', `${shownUrl(url)} cannot be used`, why, otherMirror);

export const noIndex = (url: string, wanted: string, components: readonly string[]): VappError =>
  archiveError(
    'VAPP_ARCHIVE_NO_INDEX',
    `${shownUrl(url)} has no package index ${wanted}`,
    components.length > 0 ? `Its components are ${components.join(', ')}.` : 'It names no components.',
    'Check the components and the architecture.',
  );

export const badIndex = (path: string, why: string): VappError =>
  archiveError('VAPP_ARCHIVE_BAD_INDEX', `The package index ${path} cannot be used`, why, otherMirror);

export const badKeyring = (keyring: string, cause: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_BAD_KEYRING',
    `The keyring ${keyring} cannot be read`,
    cause instanceof Error ? cause.message : String(cause),
    'A keyring holds armoured public keys: gpg --armor --export KEY > keyring.asc',
    cause,
  );

export const badDeb = (path: string, why: string, cause?: unknown): VappError =>
  archiveError(
    'VAPP_ARCHIVE_BAD_DEB',
    `${path} is not a usable Debian package`,
    why,
    `Look at it with: dpkg-deb --info ${path}`,
    cause,
  );

export const unsafePath = (path: string, name: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_UNSAFE_PATH',
    `${path} holds a member that leads out of its tree`,
    `The name is ${JSON.stringify(name)}.`,
    'Do not use this package; tell who made it.',
  );

export const noDecompressor = (program: string, debianPackage: string): VappError =>
  archiveError(
    'VAPP_ARCHIVE_NO_DECOMPRESSOR',
    `The program ${program} is missing`,
    'Packages and indexes of the archive are compressed with it.',
    `apt-get install ${debianPackage}`,
  );
