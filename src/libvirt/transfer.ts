import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { VappError } from '../errors.js';
import { streamChunk } from './operations/stream.js';
import type { Owner } from './reference.js';
import type { Pointer } from './signature.js';

/** A file's path, a stream, or the bytes. */
export type UploadSource = string | Readable | Uint8Array;

export interface UploadOptions {
  /** Bytes that the source must give; known by itself for a file and for bytes. */
  size?: number;
  /** Called after each piece, with bytes. */
  onProgress?(done: number, total: number | undefined): void;
  signal?: AbortSignal;
}

export interface DownloadOptions {
  /** Bytes from the start of the volume. */
  offset?: number;
  /** Bytes; everything to the end when absent. */
  length?: number;
  onProgress?(done: number): void;
  signal?: AbortSignal;
}

type Stream = Pointer<'Stream'>;

async function sizeOf(source: UploadSource, size: number | undefined): Promise<number | undefined> {
  if (size !== undefined) return size;
  if (typeof source === 'string') return (await stat(source)).size;
  return source instanceof Uint8Array ? source.length : undefined;
}

/** The source in pieces that fit one message of libvirt's protocol. */
async function* piecesOf(source: UploadSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += streamChunk) yield source.subarray(at, at + streamChunk);
    return;
  }
  const readable =
    typeof source === 'string' ? createReadStream(source, { highWaterMark: streamChunk }) : source;
  // A source that gives nothing more can be stopped too.
  if (signal) addAbortSignal(signal, readable);
  for await (const chunk of readable) yield* piecesOf(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
}

/** Ends a stream that is not to be completed. The failure that led here is the one to report. */
const abandon = (owner: Owner, stream: Stream) =>
  owner.lanes.run('abortStream', stream).catch(() => undefined);

async function sendAll(owner: Owner, stream: Stream, source: UploadSource, o: UploadOptions): Promise<void> {
  let done = 0;
  for await (const piece of piecesOf(source, o.signal)) {
    o.signal?.throwIfAborted();
    // A copy: posting a view to a lane would clone all of the memory that it looks at.
    await owner.run('sendChunk', stream, new Uint8Array(piece));
    done += piece.length;
    o.onProgress?.(done, o.size);
  }
  if (o.size !== undefined && done !== o.size)
    throw new VappError(
      'VAPP_LIBVIRT_UPLOAD_SIZE',
      `the source of an upload gave ${done} bytes, not ${o.size}`,
      {
        why: 'it changed or ended while it was read',
      },
    );
}

/** Writes the source to the start of a volume. @throws LibvirtError, VappError VAPP_LIBVIRT_UPLOAD_SIZE */
export async function upload(
  owner: Owner,
  volume: Pointer<'StorageVol'>,
  source: UploadSource,
  o: UploadOptions,
): Promise<void> {
  const size = await sizeOf(source, o.size);
  o.signal?.throwIfAborted();
  const stream = await owner.run('startUpload', owner.pointer, volume, size ?? 0);
  try {
    await sendAll(owner, stream, source, { ...o, ...(size !== undefined && { size }) });
  } catch (error) {
    await abandon(owner, stream);
    throw o.signal?.aborted ? o.signal.reason : error;
  }
  await owner.run('finishStream', stream);
}

/** Gives the bytes of a volume, piece by piece. @throws LibvirtError */
export async function* download(
  owner: Owner,
  volume: Pointer<'StorageVol'>,
  o: DownloadOptions,
): AsyncGenerator<Buffer> {
  const { offset = 0, length = 0, signal } = o;
  const stream = await owner.run('startDownload', owner.pointer, volume, offset, length);
  let done = 0;
  let complete = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const bytes = await owner.run('receiveChunk', stream);
      if (bytes.length === 0) break;
      done += bytes.length;
      o.onProgress?.(done);
      yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    complete = true;
  } finally {
    if (!complete) await abandon(owner, stream);
  }
  await owner.run('finishStream', stream);
}
