import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { BuildContext } from '../../src/build/context.js';
import { Journal, type JournalEntry } from '../../src/build/records/journal.js';
import { processIdentity } from '../../src/build/records/process-identity.js';
import { Scope } from '../../src/build/records/scope.js';
import { buildFiles } from '../../src/build/records/workspace.js';
import type { VappEvent } from '../../src/events.js';

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone after the tests of the file that calls. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-build-'));
  made.push(directory);
  return directory;
}

/** A scope and the events of a build that has no directory. */
export function recorder() {
  const events: VappEvent[] = [];
  const context: Pick<BuildContext, 'scope' | 'emit'> = {
    scope: new Scope(),
    emit: (event) => void events.push(event),
  };
  return { events, ...context };
}

interface Written {
  id: string;
  uri?: string;
  /** May say `at` themselves. */
  entries?: readonly (JournalEntry & { at?: string })[];
  /** Of the process that builds; one that is gone unless told. */
  pid?: number;
  boot?: string;
  /** Identity of another process. */
  begin?: Partial<Extract<JournalEntry, { op: 'begin' }>>;
}

/** Makes the directory of a build below `builds`, with a journal as a build writes it. Returns its path. */
export function writeBuild(builds: string, o: Written): string {
  const directory = join(builds, o.id);
  mkdirSync(directory, { recursive: true });
  const journal = new Journal(join(directory, buildFiles.journal));
  const alive = processIdentity();
  const identity =
    o.pid === undefined ? { pid: 1, started: 'never', boot: 'none' } : { pid: o.pid, ...alive };
  journal.write({
    op: 'begin',
    v: 1,
    build: o.id,
    uri: o.uri ?? 'test:///default',
    version: '0.1.0',
    ...identity,
    ...(o.boot && { boot: o.boot }),
    ...o.begin,
  });
  for (const entry of o.entries ?? []) journal.write(entry);
  journal.close();
  return directory;
}
