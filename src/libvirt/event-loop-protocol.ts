/** Messages between the event loop's thread and the main thread: plain data. */

/** Cells of the shared Int32Array. */
export const shared = { stop: 0, stopped: 1 } as const;

export interface Ready {
  type: 'ready';
  /** libvirt timer that interrupts the loop's poll. */
  wakeTimer: number;
  lifecycle: bigint;
  closed: bigint;
}

export type FromEventLoop =
  | Ready
  | { type: 'lifecycle'; connection: bigint; name: string; uuid: string; event: number; detail: number }
  | { type: 'closed'; connection: bigint; reason: number }
  | { type: 'data'; stream: bigint; bytes: Uint8Array }
  /** Everything that was written before has been handed to libvirt. */
  | { type: 'drained'; stream: bigint }
  /** The stream delivers no more; `failure` when it broke. libvirt's object still has to be finished or aborted. */
  | { type: 'ended'; stream: bigint; failure?: import('./errors.js').FailureReport }
  | { type: 'detached'; stream: bigint }
  | { type: 'broken'; message: string };

export type ToEventLoop =
  | { type: 'attach'; stream: bigint }
  | { type: 'write'; stream: bigint; bytes: Uint8Array }
  | { type: 'pause' | 'resume'; stream: bigint }
  | { type: 'detach'; stream: bigint };
