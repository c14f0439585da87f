import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { HostResource } from '../../bootloader/device-mapper/resources.js';
import { isCutShort } from '../../cut-short.js';

export interface VolumeResource {
  kind: 'volume';
  pool: string;
  name: string;
  /** It is not the build's own, but that of a template: `make` is written before the build replaces that one. */
  former?: FormerTemplate;
}

export interface FormerTemplate {
  /** The build that made it. */
  build: string;
  /** Of its domain, which stays when the definition is replaced. */
  uuid: string;
}

/** Something that exists outside the process and that a build made. */
export type Resource =
  | { kind: 'domain'; name: string }
  | VolumeResource
  | { kind: 'directory' | 'file'; path: string }
  | HostResource;

/** What tells whether a volume is still as it was. */
export interface DiskStamp {
  /** Bytes that a guest sees. */
  capacity: string;
  /** Bytes of the volume's file, where libvirt says so. */
  physical?: string;
  /** Time of the last change as the libvirt host's clock has it: seconds with a fraction. Where libvirt says so. */
  modified?: string;
}

/** The form of journals. It is raised when a vapp that does not know a new form would draw wrong conclusions from it. */
export const journalVersion = 1;

/** One line of `journal.jsonl`. `make` is written before the thing is made, `gone` after it was removed, `keep` when it outlives the build. */
export type JournalEntry =
  | {
      op: 'begin';
      /** journalVersion of the vapp that wrote it. */
      v: number;
      build: string;
      uri: string;
      pid: number;
      started: string;
      boot: string;
      version: string;
    }
  | { op: 'make' | 'gone' | 'keep'; resource: Resource }
  /** The build's disk, when the installer or the finisher was done with it: what `vapp resume` goes on from. */
  | { op: 'checkpoint'; disk: VolumeResource; stamp: DiskStamp }
  /** It waits for its turn; its turn has come. */
  | { op: 'queued' | 'turn' }
  | { op: 'stage'; stage: string; state: 'start' | 'done' | 'failed' }
  | { op: 'end'; state: 'done' | 'failed' | 'cancelled'; code?: string; message?: string };

export type TimedEntry = JournalEntry & { at: string };

/**
 * Append-only record of a build's outside effects; every line is on disk (fsync) before `write` returns. What a full disk or a crash
 * left of a line spoils no other one: the next begins anew.
 */
export class Journal {
  readonly #file: string;
  readonly #fd: number;
  #cut: boolean;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'a+', 0o600);
    this.#cut = isCutShort(file);
  }

  write(entry: JournalEntry): void {
    const line = `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`;
    const bytes = Buffer.from(this.#cut ? `\n${line}` : line);
    this.#cut = true;
    try {
      // A disk with little space left takes a part without an error, and refuses the rest.
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
      fsyncSync(this.#fd);
    } catch (error) {
      // Node names a file only where it opens one.
      throw Object.assign(error as Error, { path: this.#file });
    }
    this.#cut = false;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The entries in a journal's text. A line that was cut short is left out. */
export const parseJournal = (text: string): TimedEntry[] => parseLines(text.split('\n'));

const parseLines = (lines: readonly string[]): TimedEntry[] =>
  lines.flatMap((line) => {
    try {
      return line ? [JSON.parse(line) as TimedEntry] : [];
    } catch {
      return [];
    }
  });

// As `write` writes them, to their end.
const aboutResource = /^\{"at":"[^"]*","op":"(?:make|gone|keep)"/;
const aboutStage = /^\{"at":"[^"]*","op":"stage".*\}$/;

/**
 * The entries that tell how a build went: without those of its resources and of stages but the last one, which are most of a journal and
 * would be dear to read a thousand times.
 */
export function parseCourse(text: string): TimedEntry[] {
  const lines = text.split('\n').filter((line) => !aboutResource.test(line));
  const lastStage = lines.findLastIndex((line) => aboutStage.test(line));
  return parseLines(lines.filter((line, index) => index >= lastStage || !aboutStage.test(line)));
}

const sameResource = (a: Resource, b: Resource): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a journal says may still exist, newest first: the order in which it has to be removed. */
export function leftovers(entries: readonly JournalEntry[]): Resource[] {
  let left: Resource[] = [];
  for (const entry of entries) {
    if (entry.op === 'make') left.push(entry.resource);
    if (entry.op === 'gone' || entry.op === 'keep') {
      left = left.filter((resource) => !sameResource(resource, entry.resource));
    }
  }
  return left.reverse();
}
