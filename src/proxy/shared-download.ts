import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachePath, lookUp, moveIn } from '../archive/cache.js';
import { download } from '../archive/download.js';
import { wrongHash } from '../archive/errors.js';
import { holdFile } from '../archive/hold.js';
import { openPart, type Part } from '../archive/part.js';
import type { FetchContext } from '../archive/types.js';
import { VappError } from '../errors.js';
import type { KnownFile } from './catalog.js';
import { watchPart } from './watched-part.js';

const chunkSize = 1 << 17;

/** Milliseconds. apt gives up on a server that says nothing for 30 s (apt-transport-http(1), Timeout). */
const guestPatience = 10_000;

const codeOf = (error: unknown): string => (error instanceof VappError ? error.code : '');

/** The mirror, or a cache on the way, has other bytes than the signed index says. */
export const isWrongContent = (error: unknown): boolean =>
  ['VAPP_ARCHIVE_WRONG_HASH', 'VAPP_ARCHIVE_WRONG_SIZE'].includes(codeOf(error));

export interface DownloadOptions {
  /** Tell caches on the way not to answer, for what they gave before was wrong. */
  past: boolean;
  onBytes: (count: number) => void;
}

/**
 * A file on its way into the cache, which any number of clients read while it grows. Its last byte is held back until the whole has
 * been checked, so no client ever takes a wrong file for a complete one.
 */
export class SharedDownload {
  readonly #file: KnownFile;
  readonly #options: DownloadOptions;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #path = '';
  #length = 0;
  /** Grows when bytes that were shown are taken back. */
  #generation = 0;
  #state: 'running' | 'done' | 'failed' = 'running';
  #error: unknown;
  /** Settles, never rejects, when the download has ended; says why it failed. */
  readonly ended: Promise<{ error?: unknown }>;

  constructor(file: KnownFile, context: FetchContext, options: DownloadOptions) {
    this.#file = file;
    this.#options = options;
    this.ended = this.#run(context).then(
      () => this.#settle('done'),
      (error: unknown) => this.#settle('failed', error),
    );
  }

  #settle(state: 'done' | 'failed', error?: unknown): { error?: unknown } {
    this.#state = state;
    this.#error = error;
    this.#changes.emit('change');
    return state === 'failed' ? { error } : {};
  }

  #watch(part: Part): Part {
    const onStep = (length: number) => {
      if (length < this.#length) this.#generation += 1;
      this.#length = length;
      this.#changes.emit('change');
    };
    onStep(part.length);
    return watchPart(part, onStep, this.#options.onBytes);
  }

  async #run(context: FetchContext): Promise<void> {
    const { sha256 } = this.#file;
    // A guest waits for its first bytes, so another download of the same file is not waited for as long as it takes.
    using held = await holdFile(context.cache, sha256, { ...context, patience: guestPatience });
    if (held.waited && (await lookUp(context.cache, sha256)) === 'good') {
      this.#path = cachePath(context.cache, sha256);
      return;
    }
    // Its own name: a download of the host's side may run beside this one.
    const part = await openPart(
      join(context.cache, 'parts'),
      held.alone ? `proxy-${sha256}` : `proxy-${sha256}-${randomUUID()}`,
      !this.#options.past,
    );
    this.#path = part.path;
    try {
      const url = await this.#fill(this.#watch(part), context);
      const got = await part.finish();
      if (got !== sha256) throw wrongHash(url, got, sha256);
      this.#path = await moveIn(part.path, context.cache, sha256);
    } catch (error) {
      await part.close().catch(() => undefined);
      // What a cut left may be continued by the next request; what is wrong may not.
      if (isWrongContent(error)) await rm(part.path, { force: true });
      throw error;
    }
  }

  /** Tries the file's addresses in turn, going on only where one does not have it. */
  async #fill(part: Part, context: FetchContext): Promise<string> {
    const { urls, size } = this.#file;
    const headers: Record<string, string> = this.#options.past ? { 'cache-control': 'no-cache' } : {};
    for (const [number, url] of urls.entries()) {
      try {
        await download(part, { url, size, provable: true, headers }, context, url);
        return url;
      } catch (error) {
        if (codeOf(error) !== 'VAPP_ARCHIVE_NOT_FOUND' || number === urls.length - 1) throw error;
      }
    }
    throw new RangeError('a known file has at least one address');
  }

  get #readable(): number {
    return this.#state === 'done' ? this.#file.size : Math.min(this.#length, this.#file.size - 1);
  }

  /** Waits until there is something to send after `offset`. Throws why the download failed. */
  async #until(offset: number, generation: number): Promise<void> {
    while (this.#readable <= offset && this.#state === 'running') await once(this.#changes, 'change');
    if (this.#state === 'failed') throw this.#error;
    if (this.#generation !== generation) throw new Error('the mirror began anew with other bytes');
  }

  /** Opens the file for reading. Throws why the download failed if it did before a first byte came. */
  async open(): Promise<FileHandle> {
    // A file that is here already is judged first: a refusal says more than a cut connection.
    const isUndecided = () => this.#length === 0 || this.#length === this.#file.size;
    while (this.#state === 'running' && isUndecided()) await once(this.#changes, 'change');
    if (this.#state === 'failed') throw this.#error;
    return open(this.#path).catch(async () => {
      // It has just moved to its place, or was wrong and went.
      const { error } = await this.ended;
      if (error) throw error;
      return open(this.#path);
    });
  }

  /** The bytes from `start` to `end`, both included, of a handle from `open`, as they come. */
  async *read(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
    const generation = this.#generation;
    for (let at = start; at <= end; ) {
      await this.#until(at, generation);
      const wanted = Math.min(this.#readable, end + 1) - at;
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(Math.min(wanted, chunkSize)),
        0,
        undefined,
        at,
      );
      if (bytesRead === 0) throw new Error('the file ended early');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}
