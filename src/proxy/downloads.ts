import { lookUp } from '../archive/cache.js';
import type { FetchContext } from '../archive/types.js';
import type { KnownFile } from './catalog.js';
import { isWrongContent, SharedDownload } from './shared-download.js';

interface Running {
  download: SharedDownload;
  /** The proxies whose clients have asked for it. Without any it is ended. */
  wanted: Set<Downloads>;
  stop: AbortController;
}

/** Those of all proxies of this process: builds that go on side by side share them. */
const running = new Map<string, Running>();

/** What one proxy downloads: each file once, however many ask for it, also through other proxies of this process. */
export class Downloads {
  /** Files whose content was wrong last time. */
  readonly #doubted = new Set<string>();
  readonly #context: FetchContext;
  readonly #onFailure: (error: unknown) => void;
  readonly #onBytes: (count: number) => void;

  /** `onFailure` hears of each failed download once, `onBytes` of what comes in for downloads that began here. */
  constructor(
    context: Omit<FetchContext, 'signal'>,
    onFailure: (error: unknown) => void,
    onBytes: (count: number) => void,
  ) {
    this.#context = context;
    this.#onFailure = onFailure;
    this.#onBytes = onBytes;
  }

  /** True for a file that lies in the cache with the right content: it is hashed when this process first asks. */
  async isCached(file: KnownFile): Promise<boolean> {
    return !this.#find(file) && (await lookUp(this.#context.cache, file.sha256)) === 'good';
  }

  /** The download of this file that runs, or a new one. */
  join(file: KnownFile): { download: SharedDownload; isNew: boolean } {
    const known = this.#find(file);
    const { download, wanted } = known ?? this.#begin(file);
    if (!wanted.has(this)) {
      wanted.add(this);
      void download.ended.then(({ error }) => this.#onEnd(file, error));
    }
    return { download, isNew: !known };
  }

  /** Ends those that no other proxy wants, and waits for their end. */
  async close(): Promise<void> {
    const mine = [...running.values()].filter(({ wanted }) => wanted.delete(this));
    const over = mine.filter(({ wanted }) => wanted.size === 0);
    for (const { stop } of over) stop.abort();
    await Promise.all(over.map(({ download }) => download.ended));
  }

  /** By what is asked and where: a build that has another mirror is not to fail by this one's. */
  #key({ sha256, urls }: KnownFile): string {
    const { cache, proxy } = this.#context;
    return JSON.stringify([cache, proxy, sha256, urls]);
  }

  #find(file: KnownFile): Running | undefined {
    const known = running.get(this.#key(file));
    return known?.stop.signal.aborted ? undefined : known;
  }

  #begin(file: KnownFile): Running {
    const stop = new AbortController();
    const context = { ...this.#context, signal: stop.signal };
    const past = this.#doubted.has(file.sha256);
    const download = new SharedDownload(file, context, { past, onBytes: this.#onBytes });
    const begun = { download, wanted: new Set<Downloads>(), stop };
    const key = this.#key(file);
    running.set(key, begun);
    void download.ended.then(() => {
      if (running.get(key) === begun) running.delete(key);
    });
    return begun;
  }

  #onEnd({ sha256 }: KnownFile, error: unknown): void {
    if (isWrongContent(error)) this.#doubted.add(sha256);
    else this.#doubted.delete(sha256);
    if (error) this.#onFailure(error);
  }
}
