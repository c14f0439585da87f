import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { VappError } from '../errors.js';
import { type ReadRange, readStore, storeOf } from './snapshot-store.js';

/** What a backup says of itself. */
interface Notes {
  v: 1;
  /** Bytes of the disk. */
  size: number;
  /** When it was made, ISO 8601. */
  made: string;
  /** The disk's name at that time, for people. */
  target: string;
  /** By ascending number of the chunk: the first half of the SHA-256 of what was going to be written there. */
  written: string[];
}

/** A backup that was opened. */
export interface Backup extends Notes {
  chunkBytes: number;
  /** Ascending. */
  chunks: number[];
  /** Bytes of the file that are the store. */
  storeBytes: number;
  /** What was in a chunk. */
  before(chunk: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A disk as it is before and after. */
export interface BackupRequest {
  file: string;
  target: string;
  size: number;
  /** Reads the store with what is going to be written. */
  store: ReadRange;
  /** Reads the disk, which is still as it was. */
  disk: ReadRange;
  now?: () => Date;
}

/** After the store: the notes as JSON, the length of that in 8 bytes, and this. */
const endMark = 'VAPPGRUB';

export const digestOf = (content: Buffer): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 32);

/**
 * Saves what is going to be overwritten: a file that is itself the store of a snapshot (snapshot-store.ts), with notes at
 * its end. It is on the disk (fsync) when this resolves, and never half there.
 * @returns how many bytes of the disk it has.
 * @throws VAPP_BOOTLOADER_BACKUP when the file exists or cannot be written, or the store is not what it should be.
 */
export async function writeBackup(request: BackupRequest): Promise<number> {
  const { chunkBytes, chunks } = await readStore(request.store).catch((cause: Error) => {
    throw failed(request.file, cause);
  });
  const ascending = [...chunks].sort((a, b) => a.chunk - b.chunk);
  const written: string[] = [];
  for (const { chunk, stored } of ascending) {
    const content = await request.store(stored * chunkBytes, chunkBytes);
    written.push(digestOf(content.subarray(0, lengthOf(chunk, chunkBytes, request.size))));
  }
  const pieces = storeOf(
    ascending.map(({ chunk }) => chunk),
    chunkBytes,
    (chunk) => readForBackup(request, chunk * chunkBytes, lengthOf(chunk, chunkBytes, request.size)),
  );
  const { size, target, now = () => new Date() } = request;
  await writeNew(request.file, pieces, { v: 1, size, target, made: now().toISOString(), written });
  return ascending.length * chunkBytes;
}

/** The last chunk may be cut by the disk's end. */
export const lengthOf = (chunk: number, chunkBytes: number, size: number): number =>
  Math.min(chunkBytes, size - chunk * chunkBytes);

async function readForBackup(
  { disk, target }: BackupRequest,
  offset: number,
  length: number,
): Promise<Buffer> {
  try {
    return await disk(offset, length);
  } catch (cause) {
    if (cause instanceof VappError) throw cause;
    throw new VappError('VAPP_BOOTLOADER_BACKUP', `${target} cannot be read, so it cannot be saved`, {
      why: (cause as Error).message,
      hint: 'look after the disk that it lies on: dmesg',
      cause,
    });
  }
}

async function writeNew(path: string, pieces: AsyncIterable<Buffer>, notes: Notes): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (cause) {
    throw failed(path, cause as Error);
  }
  try {
    for await (const piece of pieces) await file.write(piece);
    const text = Buffer.from(JSON.stringify(notes));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await file.write(Buffer.concat([text, length, Buffer.from(endMark)]));
    await file.sync();
  } catch (cause) {
    await rm(path, { force: true });
    throw cause instanceof VappError ? cause : failed(path, cause as Error);
  } finally {
    await file.close();
  }
}

const failed = (path: string, cause: Error): VappError =>
  new VappError('VAPP_BOOTLOADER_BACKUP', `the backup ${path} cannot be written`, {
    why: cause.message,
    hint: '--backup FILE, on a file system with room, where there is no such file yet',
    cause,
  });

/** Opens a backup. @throws VAPP_BOOTLOADER_NO_BACKUP when it cannot be read, or is none. */
export async function openBackup(path: string): Promise<Backup> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const own = file;
    const read: ReadRange = async (offset, length) => {
      const { buffer, bytesRead } = await own.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const { notes, storeBytes } = await readNotes(read, (await file.stat()).size);
    const { chunkBytes, chunks } = await readStore(read);
    if (chunks.length !== notes.written.length) throw new RangeError('its parts do not belong together');
    const places = new Map(chunks.map(({ chunk, stored }) => [chunk, stored]));
    return {
      ...notes,
      chunkBytes,
      chunks: chunks.map(({ chunk }) => chunk),
      storeBytes,
      before: (chunk) => read(places.get(chunk)! * chunkBytes, lengthOf(chunk, chunkBytes, notes.size)),
      close: () => own.close(),
    };
  } catch (cause) {
    await file?.close();
    throw new VappError('VAPP_BOOTLOADER_NO_BACKUP', `${path} is no backup of vapp grub`, {
      why: (cause as Error).message,
      hint: 'vapp grub TARGET says where it has put its backup',
      cause,
    });
  }
}

async function readNotes(read: ReadRange, size: number): Promise<{ notes: Notes; storeBytes: number }> {
  const end = await read(Math.max(0, size - 16), 16);
  if (end.length < 16 || end.toString('latin1', 8) !== endMark)
    throw new RangeError('its end mark is missing');
  const length = Number(end.readBigUInt64LE(0));
  const storeBytes = size - 16 - length;
  if (storeBytes < 0) throw new RangeError('it is shorter than it says');
  return { notes: JSON.parse((await read(storeBytes, length)).toString('utf8')) as Notes, storeBytes };
}

/** How a disk stands to a backup of it. */
export type Standing = 'written' | 'before' | 'between' | 'other';

/** Compares each saved chunk: all as vapp left them, as they were before, some of each (it was cut off), or changed by something else. */
export async function standingOf(backup: Backup, disk: ReadRange): Promise<Standing> {
  let written = 0;
  let before = 0;
  for (const [index, chunk] of backup.chunks.entries()) {
    const digest = digestOf(
      await disk(chunk * backup.chunkBytes, lengthOf(chunk, backup.chunkBytes, backup.size)),
    );
    const isWritten = digest === backup.written[index];
    const isBefore = digest === digestOf(await backup.before(chunk));
    if (!isWritten && !isBefore) return 'other';
    if (isWritten) written += 1;
    if (isBefore) before += 1;
  }
  if (before === backup.chunks.length) return 'before';
  return written === backup.chunks.length ? 'written' : 'between';
}
