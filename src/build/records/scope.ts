import { describeHostResource } from '../../bootloader/device-mapper/resources.js';
import { VappError, VappErrors } from '../../errors.js';
import type { Journal, Resource } from './journal.js';

type Release = () => Promise<void> | void;

interface Held {
  what: string;
  release: Release;
  resource?: Resource;
  made?: boolean;
}

/**
 * What a build holds, released last first. A resource that outlives a crash of the process is journalled before it is made,
 * and its release removes it. One failed release does not stop the others.
 */
export class Scope {
  readonly #releases: Held[] = [];
  readonly #journal: Journal | undefined;

  constructor(journal?: Journal) {
    this.#journal = journal;
  }

  /** For things that vanish with the process: a server, a connection. */
  defer(what: string, release: Release): void {
    this.#releases.push({ what, release });
  }

  /** Journals `resource`, makes it, and removes it with `remove` when the scope ends (also when making it failed half-way). */
  async acquire<T>(resource: Resource, make: () => Promise<T>, remove: Release): Promise<T> {
    this.#journal?.write({ op: 'make', resource });
    const held: Held = { what: describe(resource), release: remove, resource };
    this.#releases.push(held);
    const made = await make();
    held.made = true;
    return made;
  }

  /** Takes over what an earlier process of the build has journalled and made. */
  adopt(resource: Resource, remove: Release): void {
    this.#releases.push({ what: describe(resource), release: remove, resource, made: true });
  }

  /** Leaves a resource where it is. It stays in the journal as something that may have to be removed. */
  spare(resource: Resource): void {
    this.#take(resource);
  }

  /** Removes one resource now instead of at the end; what cannot be removed now is tried again then. */
  async release(resource: Resource): Promise<void> {
    const held = this.#take(resource);
    try {
      if (held) await this.#run(held);
    } catch (error) {
      if (held) this.#releases.push(held);
      throw error;
    }
  }

  /** The resource outlives this scope: it is the build's result, or `--keep` was given. */
  keep(resource: Resource): void {
    if (this.#take(resource)) this.#journal?.write({ op: 'keep', resource });
  }

  /** Everything still held that would be removed. */
  held(): Resource[] {
    return this.#releases.flatMap((held) => held.resource ?? []);
  }

  /** What of it has been made and is not being removed: it must be there. */
  standing(): Resource[] {
    return this.#releases.flatMap(({ made, resource }) => (made && resource ? resource : []));
  }

  /** Ends what would keep the process alive, and leaves what outlives it, as `--keep` wants. Throws as `close` does. */
  async leave(): Promise<void> {
    const kept = this.#releases.filter((held) => held.resource);
    const others = this.#releases.filter((held) => !held.resource);
    this.#releases.splice(0, this.#releases.length, ...others);
    try {
      await this.close();
    } finally {
      this.#releases.push(...kept);
    }
  }

  /** Releases everything. Throws VAPP_BUILD_CLEANUP after all releases were tried when some failed. */
  async close(): Promise<void> {
    const failures: VappError[] = [];
    for (let held = this.#releases.pop(); held; held = this.#releases.pop()) {
      try {
        await this.#run(held);
      } catch (cause) {
        failures.push(
          new VappError('VAPP_BUILD_CLEANUP', `cannot remove ${held.what}`, {
            why: cause instanceof Error ? cause.message : String(cause),
            hint: 'vapp clean',
            cause,
          }),
        );
      }
    }
    if (failures.length > 0) throw new VappErrors(failures);
  }

  #take(resource: Resource): Held | undefined {
    const index = this.#releases.findLastIndex(
      (held) => held.resource && describe(held.resource) === describe(resource),
    );
    return index < 0 ? undefined : this.#releases.splice(index, 1)[0];
  }

  async #run(held: Held): Promise<void> {
    await held.release();
    if (held.resource) this.#journal?.write({ op: 'gone', resource: held.resource });
  }
}

/** `domain vapp-build-x`, `volume default/x.qcow2`: for messages. */
export function describe(resource: Resource): string {
  switch (resource.kind) {
    case 'domain':
      return `domain ${resource.name}`;
    case 'volume':
      return `volume ${resource.pool}/${resource.name}`;
    case 'directory':
    case 'file':
      return `${resource.kind} ${resource.path}`;
    default:
      return describeHostResource(resource);
  }
}
