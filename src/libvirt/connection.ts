import { EventEmitter } from 'node:events';
import { VappError } from '../errors.js';
import { type CloseReason, constants as c } from './constants.js';
import { Domain, flagsOf } from './domain.js';
import { unlessMissing } from './errors.js';
import type { LifecycleEvent } from './lifecycle.js';
import { Link } from './link.js';
import { Network } from './network.js';
import type { OpenedConnection } from './operations/connection.js';
import { Pool } from './pool.js';
import type { Runtime } from './runtime.js';
import { Volume } from './volume.js';

export interface ConnectOptions {
  /** Seconds between two signs of life, and how many may fail before the connection counts as lost. */
  keepAlive?: { interval: number; count: number };
  /** Milliseconds for opening it: a daemon that hangs takes a connection and never answers. Without one it is waited for. */
  limit?: number;
  /** Ends the waiting for it. */
  signal?: AbortSignal;
}

const defaultKeepAlive = { interval: 5, count: 3 };
/** As often as keepalive's own patience is waited for a daemon that is asked by a call: a busy one may be slow to answer. */
const pulses = 6;

export interface DomainCapabilitiesQuery {
  emulator?: string;
  arch?: string;
  machine?: string;
  virttype?: string;
}

interface ConnectionEvents {
  /** The daemon is gone or no longer answers. Not emitted for `close()`. */
  closed: [reason: CloseReason];
  /** A listener keeps the process alive while the connection is open. */
  lifecycle: [event: LifecycleEvent];
}

const version = (number: number) =>
  `${Math.trunc(number / 1e6)}.${Math.trunc(number / 1e3) % 1000}.${number % 1000}`;

/** Resolves when an opening is no longer waited for. */
function endOfPatience({ limit, signal }: ConnectOptions): Promise<undefined> {
  return new Promise((resolve) => {
    const end = (): void => resolve(undefined);
    if (limit !== undefined) setTimeout(end, limit).unref();
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}

/**
 * A connection to a libvirt daemon. Calls run in other threads and never block this one. Methods throw LibvirtError;
 * after `close` VappError VAPP_LIBVIRT_CLOSED. An open connection alone does not keep the process alive.
 */
export class Connection extends EventEmitter<ConnectionEvents> implements AsyncDisposable {
  /** Canonical URI, as the daemon gives it. */
  readonly uri: string;
  readonly #driver: string;
  readonly #link: Link;

  constructor(
    runtime: Runtime,
    opened: OpenedConnection,
    keepAlive: NonNullable<ConnectOptions['keepAlive']>,
  ) {
    super();
    this.uri = opened.uri;
    this.#driver = opened.driver;
    const listener = {
      lost: (reason: CloseReason) => this.emit('closed', reason),
      lifecycle: (event: LifecycleEvent) => this.emit('lifecycle', event),
    };
    const patience = keepAlive.interval * keepAlive.count * pulses * 1000;
    this.#link = new Link(runtime, opened, listener, patience);
    this.#holdForListeners();
  }

  /** @throws LibvirtError, VAPP_LIBVIRT_UNREACHABLE among others; the reason of the signal */
  static async open(runtime: Runtime, uri: string | undefined, o: ConnectOptions = {}): Promise<Connection> {
    const keepAlive = o.keepAlive ?? defaultKeepAlive;
    const opening = runtime.lanes.run('openConnection', uri ?? null, {
      keepAlive,
      ...(runtime.events && { callbacks: runtime.events.callbacks }),
    });
    const opened = await Promise.race([opening, endOfPatience(o)]);
    if (opened) return new Connection(runtime, opened, keepAlive);
    runtime.lanes.letGo?.(opening);
    opening.then((late) => new Connection(runtime, late, keepAlive).close()).catch(() => undefined);
    o.signal?.throwIfAborted();
    throw new VappError('VAPP_LIBVIRT_UNREACHABLE', 'libvirt takes a connection and does not answer', {
      why: `nothing came from ${uri ?? 'it'} in ${Math.round((o.limit ?? 0) / 1000)} s`,
    });
  }

  /** `QEMU`, `Xen`, `TEST`. */
  driver(): string {
    return this.#driver;
  }

  hostname(): Promise<string> {
    return this.#link.run('virConnectGetHostname', this.#link.pointer);
  }

  /** Version of the libvirt daemon: `9.0.0`. */
  async libVersion(): Promise<string> {
    return version(await this.#link.run('libVersion', this.#link.pointer));
  }

  /** Version of the hypervisor. */
  async hypervisorVersion(): Promise<string> {
    return version(await this.#link.run('hypervisorVersion', this.#link.pointer));
  }

  /** Does the daemon still answer? */
  async isAlive(): Promise<boolean> {
    return !this.#link.lost && (await this.#link.run('virConnectIsAlive', this.#link.pointer)) === 1;
  }

  /** XML of virConnectGetCapabilities. */
  capabilities(): Promise<string> {
    return this.#link.run('virConnectGetCapabilities', this.#link.pointer);
  }

  /** XML of virConnectGetDomainCapabilities. @throws LibvirtError when the host cannot run such a guest. */
  domainCapabilities(q: DomainCapabilitiesQuery = {}): Promise<string> {
    const { emulator = null, arch = null, machine = null, virttype = null } = q;
    return this.#link.run(
      'virConnectGetDomainCapabilities',
      this.#link.pointer,
      emulator,
      arch,
      machine,
      virttype,
      0,
    );
  }

  /** Undefined when there is no domain of this name. */
  async lookupDomain(name: string): Promise<Domain | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_DOMAIN,
      this.#link.run('lookupDomain', this.#link.pointer, name),
    );
    return record && new Domain(this.#link, record);
  }

  async lookupDomainByUuid(uuid: string): Promise<Domain | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_DOMAIN,
      this.#link.run('lookupDomainByUuid', this.#link.pointer, uuid),
    );
    return record && new Domain(this.#link, record);
  }

  /** Running and defined ones. */
  async listDomains(): Promise<Domain[]> {
    return (await this.#link.run('listDomains', this.#link.pointer)).map(
      (record) => new Domain(this.#link, record),
    );
  }

  /** Defines a domain, or changes the definition of the same name and UUID. */
  async defineDomain(xml: string, o: { validate?: boolean } = {}): Promise<Domain> {
    const flags = flagsOf([o.validate, c.VIR_DOMAIN_DEFINE_VALIDATE]);
    return new Domain(this.#link, await this.#link.run('defineDomain', this.#link.pointer, xml, flags));
  }

  /** Starts a transient domain. With `autodestroy` it ends with this connection, however that ends. */
  async createDomain(
    xml: string,
    o: { paused?: boolean; autodestroy?: boolean; validate?: boolean } = {},
  ): Promise<Domain> {
    const flags = flagsOf(
      [o.paused, c.VIR_DOMAIN_START_PAUSED],
      [o.autodestroy, c.VIR_DOMAIN_START_AUTODESTROY],
      [o.validate, c.VIR_DOMAIN_START_VALIDATE],
    );
    return new Domain(this.#link, await this.#link.run('createDomain', this.#link.pointer, xml, flags));
  }

  /** Undefined when there is no pool of this name. */
  async lookupPool(name: string): Promise<Pool | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_STORAGE_POOL,
      this.#link.run('lookupPool', this.#link.pointer, name),
    );
    return record && new Pool(this.#link, record);
  }

  async listPools(): Promise<Pool[]> {
    return (await this.#link.run('listPools', this.#link.pointer)).map(
      (record) => new Pool(this.#link, record),
    );
  }

  async definePool(xml: string): Promise<Pool> {
    return new Pool(this.#link, await this.#link.run('definePool', this.#link.pointer, xml));
  }

  /** Undefined when no active pool has a volume at this path. */
  async lookupVolumeByPath(path: string): Promise<Volume | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_STORAGE_VOL,
      this.#link.run('lookupVolumeByPath', this.#link.pointer, path),
    );
    return record && new Volume(this.#link, record);
  }

  /** Undefined when there is no network of this name. */
  async lookupNetwork(name: string): Promise<Network | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_NETWORK,
      this.#link.run('lookupNetwork', this.#link.pointer, name),
    );
    return record && new Network(this.#link, record);
  }

  async listNetworks(): Promise<Network[]> {
    return (await this.#link.run('listNetworks', this.#link.pointer)).map(
      (record) => new Network(this.#link, record),
    );
  }

  /**
   * Waits for calls under way, frees all handles and closes. Guests with autodestroy end. Can be called again.
   * Gives the number of references that libvirt still holds, which is 0 unless the binding leaks, or the connection was given up.
   */
  close(): Promise<number> {
    return this.#link.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #holdForListeners(): void {
    // Not in ConnectionEvents: the events of EventEmitter itself.
    const emitter = this as EventEmitter;
    emitter.on('newListener', (name) => {
      if (name === 'lifecycle') this.#link.hold(true);
    });
    emitter.on('removeListener', (name) => {
      if (name === 'lifecycle' && this.listenerCount('lifecycle') === 0) this.#link.hold(false);
    });
  }
}
