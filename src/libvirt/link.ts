import type { Duplex } from 'node:stream';
import { VappError } from '../errors.js';
import { Calls } from './calls.js';
import { type CloseReason, closeReasons, nameOf } from './constants.js';
import { connectionLost, LibvirtError, mayBeLost } from './errors.js';
import type { EventLoop } from './event-loop.js';
import type { FromEventLoop } from './event-loop-protocol.js';
import { type LifecycleEvent, lifecycleEvent } from './lifecycle.js';
import type { OpenedConnection } from './operations/connection.js';
import type { TaskArguments, TaskName, TaskResult } from './operations/index.js';
import { Pulse } from './pulse.js';
import type { Owner } from './reference.js';
import type { Runtime } from './runtime.js';
import type { Pointer } from './signature.js';

/** Milliseconds for the calls of a lost connection. libvirt's client wakes one of them, and the others stay in poll(2) (seen with 9.0). */
const grace = 5000;

export interface LinkListener {
  lost(reason: CloseReason): void;
  lifecycle(event: LifecycleEvent): void;
}

/** The life of one connection: its calls, what it owns, how it is lost and how it is closed. */
export class Link implements Owner {
  readonly pointer: Pointer<'Connect'>;
  readonly lanes: Calls;
  readonly references: Owner['references'] = new Set();
  readonly consoles = new Set<Duplex>();
  readonly #opened: OpenedConnection;
  readonly #events: EventLoop | undefined;
  /** Those that `close` waits for. */
  readonly #calls = new Set<Promise<unknown>>();
  readonly #listener: LinkListener;
  #letGo: (() => void) | undefined;
  #closing: Promise<number> | undefined;
  readonly #patience: number;
  readonly #pulse: Pulse;
  #lost: CloseReason | undefined;
  /** Lost, or found to be dead. */
  #dead = false;
  #givenUp = false;

  /** `patience`: milliseconds for a daemon that answers nothing. */
  constructor(runtime: Runtime, opened: OpenedConnection, listener: LinkListener, patience: number) {
    this.#opened = opened;
    this.#patience = patience;
    this.#events = runtime.events;
    this.#listener = listener;
    this.pointer = opened.pointer;
    this.lanes = new Calls(runtime.lanes);
    this.#pulse = new Pulse({
      patience,
      isAwaited: () => this.lanes.underWay > 0,
      ask: () => this.#track('libVersion', this.pointer),
      onSilence: () => this.#giveUp(),
    });
    runtime.events?.listen(opened.pointer, (message) => this.#onMessage(message));
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  async run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    if (this.#closing) throw closedError(this.#opened.uri);
    // libvirt's client may still send it, to a daemon that goes on some day.
    if (this.#lost) throw lostError(this.#opened.uri, this.#lost);
    return await this.#track(name, ...args);
  }

  /** Makes a call that `close` waits for. */
  async #track<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
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

  /** Keeps the process alive, or no longer. A link that is lost or closed never does. */
  hold(on: boolean): void {
    if (on && !this.#closing && !this.#lost) this.#letGo ??= this.#events?.hold();
    if (on) return;
    this.#letGo?.();
    this.#letGo = undefined;
  }

  /** For a daemon that answers nothing: calls under way fail, and their threads are left behind. */
  #giveUp(): void {
    this.#givenUp = true;
    this.#pulse.stop();
    this.lanes.giveUp(() => lostError(this.#opened.uri, 'keepalive'));
    this.#onLost('keepalive');
  }

  close(): Promise<number> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<number> {
    if (this.#dead) this.#boundCalls();
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
    // From here on nobody may use the connection, so its pulse is not felt.
    this.#pulse.stop();
    const limit = setTimeout(() => this.#giveUp(), this.#patience).unref();
    try {
      return await this.#finish();
    } catch (error) {
      if (this.#givenUp) return 0;
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  async #finish(): Promise<number> {
    // Who waited for one of those calls makes its handle first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([...this.consoles].map(destroyed));
    await Promise.allSettled([...this.references].map((reference) => reference.release()));
    this.references.clear();
    this.hold(false);
    // Before the address is free for another connection.
    this.#events?.forget(this.pointer);
    return await this.lanes.run('closeConnection', this.#opened, this.#events?.callbacks);
  }

  /** A failed call may be the first sign of a broken connection. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof LibvirtError) || !mayBeLost(error)) return error;
    const alive = !this.#lost && (await this.lanes.run('virConnectIsAlive', this.pointer)) === 1;
    if (alive) return error;
    this.#boundCalls();
    return connectionLost(error);
  }

  #boundCalls(): void {
    this.#dead = true;
    // Another connection may be opened at once.
    this.lanes.avoid();
    const end = () => {
      if (this.lanes.underWay > 0) this.#giveUp();
    };
    setTimeout(end, grace).unref();
  }

  #onMessage(message: FromEventLoop): void {
    if (message.type === 'lifecycle') this.#listener.lifecycle(lifecycleEvent(message));
    else if (message.type === 'closed') this.#onLost(nameOf(closeReasons, message.reason));
  }

  #onLost(reason: CloseReason): void {
    if (this.#lost) return;
    this.#lost = reason;
    this.#boundCalls();
    this.hold(false);
    for (const stream of this.consoles) stream.destroy(lostError(this.#opened.uri, reason));
    this.#listener.lost(reason);
  }
}

const destroyed = (stream: Duplex) =>
  new Promise((resolve) => {
    stream.once('close', resolve);
    stream.destroy();
  });

const closedError = (uri: string) =>
  new VappError('VAPP_LIBVIRT_CLOSED', `the connection to ${uri} is closed`, {
    why: 'vapp closed it before',
  });

const lostError = (uri: string, reason: CloseReason) =>
  new VappError('VAPP_LIBVIRT_CONNECTION_LOST', `the connection to ${uri} was lost`, {
    why: reason === 'keepalive' ? 'the daemon stopped answering' : `libvirt closed it: ${reason}`,
    hint: 'see the log of the libvirt daemon, then run the command again',
  });
