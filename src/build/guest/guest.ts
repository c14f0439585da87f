import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../deferred.js';
import { engineShapes } from '../../domain/index.js';
import type { Connection, Domain } from '../../libvirt/index.js';
import type { Engine } from '../../plan/plan.js';
import { splitConsole } from '../../shared-console.js';
import type { Scope } from '../records/scope.js';
import { destroyDomain, type StopReason, watchStop } from './guest-end.js';

/** One serial device of a guest and who reads it. */
export interface GuestChannel {
  /** Alias of the device in the domain, `serial0` or `serial1`; of `serial1`, the second channel of a shared console where that is all. */
  device: string;
  onData(chunk: Buffer): void;
  /** The device is closed; nothing more will come. */
  onEnd?(): void;
}

export interface GuestOptions {
  connection: Connection;
  scope: Scope;
  name: string;
  xml: string;
  channels: readonly GuestChannel[];
  engine: Engine;
  /** Whether it is to outlive our connection, for somebody to look at. */
  keep: boolean;
}

/** A transient guest whose consoles were open before its first instruction ran. */
export class Guest {
  readonly domain: Domain;
  /** Resolves when libvirt says that the domain has stopped; rejects with VAPP_LIBVIRT_CONNECTION_LOST when the connection is lost first. */
  readonly stopped: Promise<StopReason>;
  readonly #streams: readonly Duplex[];
  readonly #devices: readonly string[];
  readonly #scope: Scope;

  /** `devices`: the alias of each stream. */
  constructor(
    domain: Domain,
    stopped: Promise<StopReason>,
    { streams, devices }: { streams: readonly Duplex[]; devices: readonly string[] },
    scope: Scope,
  ) {
    this.domain = domain;
    this.stopped = stopped;
    this.#streams = streams;
    this.#devices = devices;
    this.#scope = scope;
  }

  /**
   * Waits until the guest has stopped and its consoles are read to their end, or `signal` aborts.
   * Rejects when the connection to libvirt is lost first.
   */
  async ended(signal: AbortSignal): Promise<StopReason | 'aborted'> {
    const aborted = deferred<'aborted'>();
    const onAbort = (): void => aborted.resolve('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const reason = await Promise.race([this.stopped, aborted.promise]);
      if (reason !== 'aborted') await this.#drained();
      return reason;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** libvirt ends the streams when the guest is gone; the limit is for a daemon that forgets one. */
  async #drained(): Promise<void> {
    const ends = this.#streams.map((stream) =>
      stream.readableEnded || stream.destroyed ? undefined : once(stream, 'close').catch(() => undefined),
    );
    await Promise.race([Promise.all(ends), sleep(drainLimit, undefined, { ref: false })]);
  }

  /** Writes to one of its serial devices. */
  send(device: string, text: string): void {
    this.#streams[this.#devices.indexOf(device)]?.write(text);
  }

  /** Destroys the domain if it still runs and closes its consoles. */
  async end(): Promise<void> {
    await this.#scope.release({ kind: 'domain', name: this.domain.name });
  }
}

/** Milliseconds. */
const drainLimit = 5000;

/** Creates the domain paused, opens its consoles, then lets it run. The scope destroys it. */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const { connection, scope, name, xml, engine, keep } = options;
  const { driver } = engineShapes[engine];
  const streams: Duplex[] = [];
  const stopped = watchStop(connection, name);
  const domain = await scope.acquire(
    { kind: 'domain', name },
    () => connection.createDomain(xml, { paused: true, autodestroy: driver.autodestroy && !keep }),
    async () => {
      stopped.forget();
      for (const stream of streams) stream.destroy();
      await destroyDomain(connection, name);
    },
  );
  for (const channel of portsOf(options)) {
    const stream = await domain.openConsole(driver.namedConsoles ? channel.device : undefined);
    stream.on('data', channel.onData);
    // A console that breaks is no failure of its own: the end of the guest or of the connection is reported elsewhere.
    stream.on('error', () => undefined);
    if (channel.onEnd) stream.once('close', channel.onEnd);
    streams.push(stream);
  }
  await domain.resume();
  const devices = portsOf(options).map(({ device }) => device);
  return new Guest(domain, stopped.promise, { streams, devices }, scope);
}

/** What is read of each port: without a second one, both channels of the first. */
function portsOf({ engine, channels }: GuestOptions): readonly GuestChannel[] {
  const [first, second] = channels;
  if (!first || !second || engineShapes[engine].secondPort) return channels;
  const onEnd = (): void => {
    first.onEnd?.();
    second.onEnd?.();
  };
  return [
    { device: first.device, onData: splitConsole({ first: first.onData, second: second.onData }), onEnd },
  ];
}
