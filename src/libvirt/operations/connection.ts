import { constants as c } from '../constants.js';
import { CallFailure, type Native } from '../native.js';
import type { Pointer } from '../signature.js';
import { readNumber } from './objects.js';

/** Addresses of callbacks that live in the event loop's thread. */
export interface CallbackAddresses {
  lifecycle: bigint;
  closed: bigint;
}

export interface OpenedConnection {
  pointer: Pointer<'Connect'>;
  uri: string;
  driver: string;
  /** Absent when the hypervisor has no lifecycle events. */
  lifecycleId?: number;
  hasCloseCallback: boolean;
}

/** Runs a call that a driver may not know; undefined then. */
function optional<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof CallFailure && error.report.libvirtCode === c.VIR_ERR_NO_SUPPORT) return undefined;
    throw error;
  }
}

export interface OpenOptions {
  callbacks?: CallbackAddresses;
  /** Seconds between two signs of life, and how many may fail. */
  keepAlive: { interval: number; count: number };
}

function prepare(n: Native, pointer: Pointer<'Connect'>, o: OpenOptions): OpenedConnection {
  const { callbacks, keepAlive } = o;
  // Drivers without a daemon (test:///default) have no keepalive.
  optional(() => n.call('virConnectSetKeepAlive', pointer, keepAlive.interval, keepAlive.count));
  const lifecycleId =
    callbacks &&
    optional(() =>
      n.call(
        'virConnectDomainEventRegisterAny',
        pointer,
        null,
        c.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        callbacks.lifecycle,
        null,
        null,
      ),
    );
  const closed =
    callbacks &&
    optional(() => n.call('virConnectRegisterCloseCallback', pointer, callbacks.closed, null, null));
  return {
    pointer,
    uri: n.call('virConnectGetURI', pointer),
    driver: n.call('virConnectGetType', pointer),
    hasCloseCallback: closed !== undefined,
    ...(lifecycleId !== undefined && { lifecycleId }),
  };
}

/** The error of `run` is lost on purpose: nothing helps when a broken connection refuses its clean-up. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
  }
}

export const connectionOperations = {
  openConnection(n: Native, uri: string | null, o: OpenOptions): OpenedConnection {
    const pointer = n.call('virConnectOpen', uri);
    try {
      return prepare(n, pointer, o);
    } catch (error) {
      n.raw('virConnectClose', pointer);
      throw error;
    }
  },

  /** Gives the number of references that remain: above zero, some object was not freed. */
  closeConnection(n: Native, opened: OpenedConnection, callbacks?: CallbackAddresses): number {
    const { pointer, lifecycleId } = opened;
    if (lifecycleId !== undefined)
      attempt(() => n.call('virConnectDomainEventDeregisterAny', pointer, lifecycleId));
    if (callbacks && opened.hasCloseCallback)
      attempt(() => n.call('virConnectUnregisterCloseCallback', pointer, callbacks.closed));
    return n.call('virConnectClose', pointer);
  },

  libVersion: (n: Native, pointer: Pointer<'Connect'>) => readNumber(n, 'virConnectGetLibVersion', pointer),
  hypervisorVersion: (n: Native, pointer: Pointer<'Connect'>) =>
    readNumber(n, 'virConnectGetVersion', pointer),
};
