import { CallFailure, type Native } from '../native.js';
import type { Pointer } from '../signature.js';

type Connect = Pointer<'Connect'>;
type Stream = Pointer<'Stream'>;

/** Fills one message of libvirt's protocol: VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX (262144) less the header. */
export const streamChunk = 262_120;

/** Opens a stream for `start` and gives it, or frees it when `start` fails. */
export function openStream(
  n: Native,
  connect: Connect,
  flags: number,
  start: (stream: Stream) => void,
): Stream {
  const stream = n.call('virStreamNew', connect, flags);
  try {
    start(stream);
    return stream;
  } catch (error) {
    n.raw('virStreamFree', stream);
    throw error;
  }
}

function abort(n: Native, stream: Stream): void {
  // A stream that already failed refuses to be aborted; the failure that counts was reported before.
  if (n.raw('virStreamAbort', stream) < 0) n.failure('virStreamAbort');
  n.raw('virStreamFree', stream);
}

function finish(n: Native, stream: Stream): void {
  try {
    n.call('virStreamFinish', stream);
  } finally {
    n.raw('virStreamFree', stream);
  }
}

function receive(n: Native, stream: Stream, size: number): Uint8Array {
  const buffer = new Uint8Array(size);
  const length = n.call('virStreamRecv', stream, buffer, size);
  return length === size ? buffer : buffer.slice(0, length);
}

/** Reads a short stream to its end. */
export function readBlocking(n: Native, connect: Connect, start: (stream: Stream) => void): Uint8Array {
  const stream = openStream(n, connect, 0, start);
  const chunks: Uint8Array[] = [];
  try {
    for (;;) {
      const chunk = receive(n, stream, streamChunk);
      if (chunk.length === 0) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CallFailure) abort(n, stream);
    throw error;
  }
  finish(n, stream);
  return new Uint8Array(Buffer.concat(chunks));
}

export const streamOperations = {
  startUpload: (n: Native, connect: Connect, volume: Pointer<'StorageVol'>, length: number) =>
    openStream(n, connect, 0, (stream) => n.call('virStorageVolUpload', volume, stream, 0, length, 0)),

  startDownload: (
    n: Native,
    connect: Connect,
    volume: Pointer<'StorageVol'>,
    offset: number,
    length: number,
  ) =>
    openStream(n, connect, 0, (stream) => n.call('virStorageVolDownload', volume, stream, offset, length, 0)),

  startConsole: (n: Native, connect: Connect, domain: Pointer<'Domain'>, o: ConsoleStart) =>
    openStream(n, connect, o.streamFlags, (stream) =>
      n.call('virDomainOpenConsole', domain, o.device, stream, o.flags),
    ),

  /** Sends all of `bytes`; libvirt may take them in pieces. */
  sendChunk(n: Native, stream: Stream, bytes: Uint8Array): void {
    for (let sent = 0; sent < bytes.length; ) {
      const rest = bytes.subarray(sent);
      sent += n.call('virStreamSend', stream, rest, rest.length);
    }
  },

  /** Up to streamChunk bytes; none at the end. */
  receiveChunk: (n: Native, stream: Stream) => receive(n, stream, streamChunk),

  finishStream: finish,
  abortStream: abort,
};

export interface ConsoleStart {
  device: string | null;
  flags: number;
  streamFlags: number;
}
