import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../whole-file.js';
import { clockSkew } from './clearsign.js';
import { downgraded, expired, fromTheFuture, suiteMismatch } from './errors.js';
import type { ReleaseFile } from './types.js';

/** Throws VAPP_ARCHIVE_FROM_FUTURE, _EXPIRED or _SUITE_MISMATCH. */
export const checkRelease = (url: string, release: ReleaseFile, suite: string, now: Date): void => {
  const { date, validUntil } = release;
  if (date.getTime() > now.getTime() + clockSkew) throw fromTheFuture(url, date, now);
  if (validUntil && validUntil < now) throw expired(url, validUntil, now);
  if (suite !== release.suite && suite !== release.codename)
    throw suiteMismatch(url, suite, release.suite, release.codename);
};

interface Memory {
  mirror: string;
  suite: string;
  date: string;
}

const memoryPath = (cache: string, mirror: string, suite: string): string =>
  join(cache, 'suites', `${createHash('sha256').update(`${mirror}\n${suite}`).digest('hex')}.json`);

const recall = async (path: string): Promise<Date | undefined> => {
  try {
    const seen = new Date((JSON.parse(await readFile(path, 'utf8')) as Memory).date);
    return Number.isNaN(seen.getTime()) ? undefined : seen;
  } catch {
    return undefined;
  }
};

/**
 * Remembers the newest Date that was seen of this mirror's suite, in the cache, and refuses an older one:
 * old files with good signatures would bring old holes back. Throws VAPP_ARCHIVE_DOWNGRADED.
 */
export const refuseDowngrade = async (
  url: string,
  release: ReleaseFile,
  { cache, mirror, suite }: { cache: string; mirror: string; suite: string },
): Promise<void> => {
  const path = memoryPath(cache, mirror, suite);
  const seen = await recall(path);
  if (seen && release.date < seen) throw downgraded(url, release.date, seen, path);
  if (seen && release.date.getTime() === seen.getTime()) return;
  const memory: Memory = { mirror, suite, date: release.date.toISOString() };
  await writeWhole(path, JSON.stringify(memory));
};
