import { fstatSync } from 'node:fs';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether a file descriptor is the connection to systemd's journal that JOURNAL_STREAM names (systemd.exec(5)). The variable is
 * inherited by children whose output was sent elsewhere, so the file itself is looked at.
 */
export function goesToJournal(fd: number, env: Env = process.env): boolean {
  const named = /^(\d+):(\d+)$/.exec(env.JOURNAL_STREAM ?? '');
  if (!named) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return String(dev) === named[1] && String(ino) === named[2];
  } catch {
    return false;
  }
}
