import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { VappError } from '../errors.js';
import { type CloseReason, constants as c, closeReasons, nameOf } from './constants.js';
import { Domain, flagsOf } from './domain.js';
import { connectionLost, LibvirtError, mayBeLost, unlessMissing } from './errors.js';
import type { EventLoop } from './event-loop.js';
import type { FromEventLoop } from './event-loop-protocol.js';
import { type LifecycleEvent, lifecycleEvent } from './lifecycle.js';
import { Network } from './network.js';
import type { OpenedConnection } from './operations/connection.js';
import type { TaskArguments, TaskName, TaskResult } from './operations/index.js';
import { Pool } from './pool.js';
import type { Caller, Owner } from './reference.js';
import type { Runtime } from './runtime.js';
import type { Pointer } from './signature.js';
import { Volume } from './volume.js';

export interface ConnectOptions {
  /** Seconds between two signs of life, and how many may fail before the connection counts as lost. */
  keepAlive?: { interval: number; count: number };
}

const defaultKeepAlive = { interval: 5, count: 3 };

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

/**
 * A connection to a libvirt daemon. Calls run in other threads and never block this one. Methods throw LibvirtError;
 * after `close` VappError VAPP_LIBVIRT_CLOSED. An open connection alone does not keep the process alive.
 */
export class Connection extends EventEmitter<ConnectionEvents> implements Owner, AsyncDisposable {
  /** Canonical URI, as the daemon gives it. */
  readonly uri: string;
  readonly pointer: Pointer<'Connect'>;
  readonly lanes: Caller;
  readonly references: Owner['references'] = new Set();
  readonly consoles = new Set<Duplex>();
  readonly #opened: OpenedConnection;
  readonly #events: EventLoop | undefined;
  readonly #calls = new Set<Promise<unknown>>();
  #letGo: (() => void) | undefined;
  #closing: Promise<number> | undefined;
  #lost = false;

  constructor(runtime: Runtime, opened: OpenedConnection) {
    super();
    this.#opened = opened;
    this.#events = runtime.events;
    this.pointer = opened.pointer;
    this.lanes = runtime.lanes;
    this.uri = opened.uri;
    runtime.events?.listen(opened.pointer, (message) => this.#onMessage(message));
    this.#holdForListeners();
  }

  /** @throws LibvirtError, VAPP_LIBVIRT_UNREACHABLE among others. */
  static async open(runtime: Runtime, uri: string | undefined, o: ConnectOptions = {}): Promise<Connection> {
    const opened = await runtime.lanes.run('openConnection', uri ?? null, {
      keepAlive: o.keepAlive ?? defaultKeepAlive,
      ...(runtime.events && { callbacks: runtime.events.callbacks }),
    });
    return new Connection(runtime, opened);
  }

  /** `QEMU`, `Xen`, `TEST`. */
  driver(): string {
    return this.#opened.driver;
  }

  hostname(): Promise<string> {
    return this.run('virConnectGetHostname', this.pointer);
  }

  /** Version of the libvirt daemon: `9.0.0`. */
  async libVersion(): Promise<string> {
    return version(await this.run('libVersion', this.pointer));
  }

  /** Version of the hypervisor. */
  async hypervisorVersion(): Promise<string> {
    return version(await this.run('hypervisorVersion', this.pointer));
  }

  /** Does the daemon still answer? */
  async isAlive(): Promise<boolean> {
    return !this.#lost && (await this.run('virConnectIsAlive', this.pointer)) === 1;
  }

  /** XML of virConnectGetCapabilities. */
  capabilities(): Promise<string> {
    return this.run('virConnectGetCapabilities', this.pointer);
  }

  /** XML of virConnectGetDomainCapabilities. @throws LibvirtError when the host cannot run such a guest. */
  domainCapabilities(q: DomainCapabilitiesQuery = {}): Promise<string> {
    const { emulator = null, arch = null, machine = null, virttype = null } = q;
    return this.run('virConnectGetDomainCapabilities', this.pointer, emulator, arch, machine, virttype, 0);
  }

  /** Undefined when there is no domain of this name. */
  async lookupDomain(name: string): Promise<Domain | undefined> {
    const record = await unlessMissing(c.VIR_ERR_NO_DOMAIN, this.run('lookupDomain', this.pointer, name));
    return record && new Domain(this, record);
  }

  async lookupDomainByUuid(uuid: string): Promise<Domain | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_DOMAIN,
      this.run('lookupDomainByUuid', this.pointer, uuid),
    );
    return record && new Domain(this, record);
  }

  /** Running and defined ones. */
  async listDomains(): Promise<Domain[]> {
    return (await this.run('listDomains', this.pointer)).map((record) => new Domain(this, record));
  }

  /** Defines a domain, or changes the definition of the same name and UUID. */
  async defineDomain(xml: string, o: { validate?: boolean } = {}): Promise<Domain> {
    const flags = flagsOf([o.validate, c.VIR_DOMAIN_DEFINE_VALIDATE]);
    return new Domain(this, await this.run('defineDomain', this.pointer, xml, flags));
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
    return new Domain(this, await this.run('createDomain', this.pointer, xml, flags));
  }

  /** Undefined when there is no pool of this name. */
  async lookupPool(name: string): Promise<Pool | undefined> {
    const record = await unlessMissing(c.VIR_ERR_NO_STORAGE_POOL, this.run('lookupPool', this.pointer, name));
    return record && new Pool(this, record);
  }

  async listPools(): Promise<Pool[]> {
    return (await this.run('listPools', this.pointer)).map((record) => new Pool(this, record));
  }

  async definePool(xml: string): Promise<Pool> {
    return new Pool(this, await this.run('definePool', this.pointer, xml));
  }

  /** Undefined when no active pool has a volume at this path. */
  async lookupVolumeByPath(path: string): Promise<Volume | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_STORAGE_VOL,
      this.run('lookupVolumeByPath', this.pointer, path),
    );
    return record && new Volume(this, record);
  }

  /** Undefined when there is no network of this name. */
  async lookupNetwork(name: string): Promise<Network | undefined> {
    const record = await unlessMissing(c.VIR_ERR_NO_NETWORK, this.run('lookupNetwork', this.pointer, name));
    return record && new Network(this, record);
  }

  async listNetworks(): Promise<Network[]> {
    return (await this.run('listNetworks', this.pointer)).map((record) => new Network(this, record));
  }

  /** Makes any call of the binding on this connection. @throws LibvirtError, VappError VAPP_LIBVIRT_CLOSED */
  async run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    if (this.#closing) throw closedError(this.uri);
    const call = this.lanes.run(name, ...args);
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      // The error comes from a message handler: give it the caller's stack instead.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw await this.#explain(error);
    } finally {
      this.#calls.delete(call);
    }
  }

  events(): EventLoop {
    if (this.#events) return this.#events;
    throw new VappError('VAPP_LIBVIRT_UNSUPPORTED', 'this connection has no event loop', {
      why: 'it was opened without worker threads',
    });
  }

  /**
   * Waits for calls under way, frees all handles and closes. Guests with autodestroy end. Can be called again.
   * Gives the number of references that libvirt still holds, which is 0 unless the binding leaks.
   */
  close(): Promise<number> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<number> {
    for (const stream of this.consoles) stream.destroy();
    await Promise.allSettled(this.#calls);
    // Who waited for one of those calls makes its handle first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.allSettled(
      [...this.consoles].map((stream) => new Promise((done) => stream.once('close', done))),
    );
    await Promise.allSettled([...this.references].map((reference) => reference.release()));
    this.references.clear();
    const left = await this.lanes.run('closeConnection', this.#opened, this.#events?.callbacks);
    this.#events?.forget(this.pointer);
    this.#letGo?.();
    return left;
  }

  /** A failed call may be the first sign of a broken connection. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof LibvirtError) || !mayBeLost(error)) return error;
    const alive = !this.#lost && (await this.lanes.run('virConnectIsAlive', this.pointer)) === 1;
    return alive ? error : connectionLost(error);
  }

  #onMessage(message: FromEventLoop): void {
    if (message.type === 'lifecycle') this.emit('lifecycle', lifecycleEvent(message));
    else if (message.type === 'closed') this.#onLost(nameOf(closeReasons, message.reason));
  }

  #onLost(reason: CloseReason): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#letGo?.();
    for (const stream of this.consoles) stream.destroy(lostError(this.uri, reason));
    this.emit('closed', reason);
  }

  #holdForListeners(): void {
    const emitter = this as EventEmitter;
    emitter.on('newListener', (name) => {
      if (name === 'lifecycle' && !this.#closing && !this.#lost) this.#letGo ??= this.#events?.hold();
    });
    emitter.on('removeListener', (name) => {
      if (name !== 'lifecycle' || this.listenerCount('lifecycle') > 0) return;
      this.#letGo?.();
      this.#letGo = undefined;
    });
  }
}

const closedError = (uri: string) =>
  new VappError('VAPP_LIBVIRT_CLOSED', `the connection to ${uri} is closed`, {
    why: 'vapp closed it before',
  });

const lostError = (uri: string, reason: CloseReason) =>
  new VappError('VAPP_LIBVIRT_CONNECTION_LOST', `the connection to ${uri} was lost`, {
    why: reason === 'keepalive' ? 'the daemon stopped answering' : `libvirt closed it: ${reason}`,
    hint: 'see the log of the libvirt daemon, then run the command again',
  });
