import { nearest } from './near.js';
import type { TextRule } from './types/text.js';

const label = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const labelWhy =
  'RFC 1123: letters, digits and hyphens, a letter or digit at both ends, at most 63 characters';

const asLabel = (text: string): string | undefined => {
  const fitting = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return fitting === '' ? undefined : `such as: ${fitting}`;
};

/** Lower case only: it names files, volumes and domains, and is the host name unless the spec gives another. */
export const applianceName: TextRule = {
  name: 'a name such as web-1',
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  why: 'lower-case letters, digits and hyphens, a letter or digit at both ends, at most 63 characters',
  hint: asLabel,
};

export const hostName: TextRule = {
  name: 'a host name such as web-1',
  pattern: `^${label}$`,
  why: labelWhy,
  hint: (text) =>
    /^[^.]+\./.test(text) ? `hostname: ${text.split('.', 1)[0]}, and the rest as domain` : asLabel(text),
};

export const domainName: TextRule = {
  name: 'a domain name such as example.org',
  pattern: `^${label}(\\.${label})*$`,
  // 253 for the whole name (RFC 1035, section 2.3.4), less a host name with its dot.
  maxLength: 189,
  why: `labels with dots between; ${labelWhy}`,
};

export const locale: TextRule = {
  name: 'a locale such as en_GB.UTF-8',
  pattern: '^(C|C\\.UTF-8|[a-z]{2,3}_[A-Z]{2}\\.UTF-8(@[a-z]+)?)$',
  why: 'it is language_COUNTRY.UTF-8, or C.UTF-8',
  hint: (text) => {
    const [, language, country] = /^([a-zA-Z]{2,3})[_-]([a-zA-Z]{2})\b/.exec(text) ?? [];
    if (language && country) return `locale: ${language.toLowerCase()}_${country.toUpperCase()}.UTF-8`;
    return /^c\b/i.test(text) ? 'locale: C.UTF-8' : undefined;
  },
};

export const keyboard: TextRule = {
  name: 'a keyboard layout such as us or fr-latin9',
  pattern: '^[a-z]{2,16}(-[a-z0-9]+)*$',
  why: 'it is a lower-case layout name of the Debian installer',
  hint: (text) => (/^[a-z]+$/i.test(text) ? `keyboard: ${text.toLowerCase()}` : undefined),
};

/** The zone is only compared with Node's own list for typos: a newer zone than Node's is accepted. */
const misspeltZone = (zone: string): { why: string; hint?: string } | undefined => {
  const known = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/UTC'];
  if (known.includes(zone) || resolvable(zone)) return undefined;
  const near = nearest(zone, known);
  return near === undefined ? undefined : { why: 'there is no such zone', hint: `did you mean ${near}?` };
};

const resolvable = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

export const timeZone: TextRule = {
  name: 'a time zone such as Europe/Berlin',
  pattern: '^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z0-9+_-]+){1,2})$',
  why: 'it is Area/City as in the tz database, or UTC',
  hint: (text) => {
    const known = Intl.supportedValuesOf('timeZone');
    const found =
      known.find((zone) => zone.toLowerCase() === text.toLowerCase()) ??
      known.find((zone) => zone.toLowerCase().endsWith(`/${text.toLowerCase().replaceAll(' ', '_')}`)) ??
      'UTC';
    return `timezone: ${found}`;
  },
  refuse: misspeltZone,
  normalise: (zone) => (zone === 'UTC' ? 'Etc/UTC' : zone),
};

// RFC 3986, without user information, query and fragment.
const uriPattern = "^https?://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?$";

const refuseUri = (uri: string): { why: string; hint?: string } | undefined =>
  URL.canParse(uri) ? undefined : { why: 'host or port of this URI are not valid' };

const uriHint = (text: string): string | undefined => {
  if (/^[a-z]+:\/\/[^/]*@/.test(text)) return 'leave user and password out of the URI';
  if (/^[a-z0-9.-]+\.[a-z]+(:\d+)?(\/|$)/i.test(text)) return `write http://${text}`;
  return undefined;
};

const uri = (name: string): TextRule => ({
  name,
  pattern: uriPattern,
  why: 'it is http:// or https://, a host and a path, without user, query and fragment',
  hint: uriHint,
  refuse: refuseUri,
  normalise: (text) => text.replace(/\/+$/, ''),
});

export const mirror = uri('the URI of a package archive such as http://mirror.example/debian');

export const proxy = uri('the URI of an HTTP proxy such as http://proxy.example:3128');

export const securityMirror: TextRule = {
  ...uri('the URI of a security archive such as http://mirror.example/debian-security'),
  // The installer is told the host only: apt-setup's generator appends the directory itself.
  refuse: (text) =>
    refuseUri(text) ??
    (/\/debian-security\/*$/.test(text)
      ? undefined
      : {
          why: 'the installer knows a security archive only by the path /debian-security',
          hint: `security_mirror: ${new URL(text).origin}/debian-security`,
        }),
};

/** Accounts of base-passwd: they exist in every Debian system. */
const systemUsers = new Set(
  'daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt nobody'.split(' '),
);

/** adduser(8): the default of NAME_REGEX; 32 characters is the limit of utmp and of useradd(8). */
export const userName: TextRule = {
  name: 'a user name such as deploy',
  pattern: '^[a-z][a-z0-9_-]*$',
  maxLength: 32,
  why: 'a lower-case letter, then lower-case letters, digits, _ and -, at most 32 characters',
  refuse: (name) => {
    if (name === 'root')
      return { why: 'root is there in any case', hint: 'use root: { password, ssh_keys }' };
    return systemUsers.has(name) ? { why: 'every Debian system has this user already' } : undefined;
  },
};

/** Debian Policy 5.6.1. */
export const packageName: TextRule = {
  name: 'the name of a package such as nginx',
  pattern: '^[a-z0-9][a-z0-9+.-]+$',
  why: 'lower-case letters, digits and + - . with a letter or digit first, at least two characters',
  hint: (text) => {
    if (/^[a-z0-9+.-]+[=/:]/i.test(text))
      return 'write the name alone: the version is the one of the archive';
    if (/^\S+\s+\S/.test(text)) return 'write one package per item';
    return /[A-Z]/.test(text) ? `write ${text.toLowerCase()}` : undefined;
  },
};

export const appliancePath: TextRule = {
  name: 'an absolute path such as /etc/motd',
  pattern: '^(/[^/\\u0000\\n]+)+$',
  why: 'it begins with a slash and names a file',
  refuse: (text) =>
    /\/\.{1,2}(\/|$)/.test(text) ? { why: 'it has . or .. for the name of a directory' } : undefined,
};

export const command: TextRule = {
  name: 'a shell command such as systemctl enable nginx',
  pattern: '^[^\\u0000]+$',
  why: 'a command holds no NUL character',
};
