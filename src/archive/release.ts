import { parseDeb822 } from './deb822.js';
import { badRelease } from './errors.js';
import type { ReleaseFile } from './types.js';

const words = (value: string | undefined): string[] => value?.split(/\s+/).filter(Boolean) ?? [];

const fileLine = /^([0-9a-f]{64})\s+(\d+)\s+(\S+)$/;

const parseFiles = (list: string): ReleaseFile['files'] => {
  const files = new Map<string, { sha256: string; size: number }>();
  for (const line of list.split('\n')) {
    const [, sha256, size, path] = fileLine.exec(line.trim()) ?? [];
    if (sha256 && size && path) files.set(path, { sha256, size: Number(size) });
  }
  return files;
};

// "Sat, 21 Nov 2026 09:15:44 UTC"; Date.parse alone would also take other forms, some of them as local time.
const rfc2822 = /^[A-Z][a-z]{2}, +\d{1,2} [A-Z][a-z]{2} \d{4} +\d{1,2}:\d{2}:\d{2} (?:UTC|GMT|Z|\+0000)$/;

const parseDate = (url: string, field: string, value: string): Date => {
  const time = rfc2822.test(value) ? Date.parse(value.replace(/Z$/, 'UTC')) : Number.NaN;
  if (Number.isNaN(time)) throw badRelease(url, `Its field ${field} is no date: ${value}`);
  return new Date(time);
};

/**
 * Reads the signed text of a Release file (https://wiki.debian.org/DebianRepository/Format). Sums other than SHA-256 are not looked at.
 * Throws VAPP_ARCHIVE_BAD_RELEASE when Date or the SHA-256 sums are missing.
 */
export const parseRelease = (url: string, text: string): ReleaseFile => {
  const fields = parseDeb822(text)[0] ?? new Map<string, string>();
  const date = fields.get('Date');
  const validUntil = fields.get('Valid-Until');
  const sums = fields.get('SHA256');
  if (!date) throw badRelease(url, 'It has no Date.');
  if (sums === undefined) throw badRelease(url, 'It has no SHA-256 sums; MD5 and SHA-1 prove nothing.');
  const optional = (name: string, value: string | undefined): object => (value ? { [name]: value } : {});
  return {
    text,
    fields,
    ...optional('origin', fields.get('Origin')),
    ...optional('suite', fields.get('Suite')),
    ...optional('codename', fields.get('Codename')),
    ...optional('version', fields.get('Version')),
    date: parseDate(url, 'Date', date),
    ...(validUntil ? { validUntil: parseDate(url, 'Valid-Until', validUntil) } : {}),
    architectures: words(fields.get('Architectures')),
    components: words(fields.get('Components')),
    acquireByHash: fields.get('Acquire-By-Hash') === 'yes',
    files: parseFiles(sums),
  };
};
