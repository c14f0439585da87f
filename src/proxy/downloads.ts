import { lookUp } from '../archive/cache.js';
import type { FetchContext } from '../archive/types.js';
import type { KnownFile } from './catalog.js';
import { isWrongContent, SharedDownload } from './shared-download.js';

/** The downloads of one proxy: one for each file, however many ask for it. */
export class Downloads {
  readonly #running = new Map<string, SharedDownload>();
  /** Files whose content was wrong last time. */
  readonly #doubted = new Set<string>();
  readonly #context: FetchContext;
  readonly #onFailure: (error: unknown) => void;
  readonly #onBytes: (count: number) => void;

  /** `onFailure` hears of each failed download once, `onBytes` of what comes in. */
  constructor(context: FetchContext, onFailure: (error: unknown) => void, onBytes: (count: number) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
    this.#onBytes = onBytes;
  }

  /** True for a file that lies in the cache with the right content: it is hashed when this process first asks. */
  async isCached(file: KnownFile): Promise<boolean> {
    return !this.#running.has(file.sha256) && (await lookUp(this.#context.cache, file.sha256)) === 'good';
  }

  /** The download of this file that runs, or a new one. */
  join(file: KnownFile): { download: SharedDownload; isNew: boolean } {
    const { sha256 } = file;
    const known = this.#running.get(sha256);
    if (known) return { download: known, isNew: false };
    const download = new SharedDownload(file, this.#context, {
      past: this.#doubted.has(sha256),
      onBytes: this.#onBytes,
    });
    this.#running.set(sha256, download);
    void download.ended.then(({ error }) => {
      this.#running.delete(sha256);
      if (isWrongContent(error)) this.#doubted.add(sha256);
      else this.#doubted.delete(sha256);
      if (error) this.#onFailure(error);
    });
    return { download, isNew: true };
  }

  /** Waits for all that run. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }
}
