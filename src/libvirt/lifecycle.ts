import { nameOf } from './constants.js';

/** Index = virDomainEventType. */
const events = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
] as const;
export type LifecycleName = (typeof events)[number] | 'unknown';

/** Index = the detail of each type: virDomainEventStoppedDetailType and its sisters. */
const details: Partial<Record<LifecycleName, readonly string[]>> = {
  defined: ['added', 'updated', 'renamed', 'from-snapshot'],
  undefined: ['removed', 'renamed'],
  started: ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup'],
  suspended: [
    'paused',
    'migrated',
    'ioerror',
    'watchdog',
    'restored',
    'from-snapshot',
    'api-error',
    'postcopy',
    'postcopy-failed',
  ],
  resumed: ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed'],
  stopped: ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot'],
  shutdown: ['finished', 'guest', 'host'],
  pmsuspended: ['memory', 'disk'],
  crashed: ['panicked', 'crashloaded'],
};

/** Something happened to a domain of the connection. */
export interface LifecycleEvent {
  /** Name and UUID of the domain. */
  name: string;
  uuid: string;
  event: LifecycleName;
  /** libvirt's number of the detail, whose meaning depends on the event, and its name. */
  detail: number;
  reason: string;
}

/** Gives names to the numbers of a libvirt event. */
export function lifecycleEvent(raw: {
  name: string;
  uuid: string;
  event: number;
  detail: number;
}): LifecycleEvent {
  const event = nameOf(events, raw.event);
  return {
    name: raw.name,
    uuid: raw.uuid,
    event,
    detail: raw.detail,
    reason: details[event]?.[raw.detail] ?? 'unknown',
  };
}
