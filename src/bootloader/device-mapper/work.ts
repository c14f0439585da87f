import type { Emit } from '../../events.js';
import type { Held } from './held.js';
import type { HostFacts } from './needs.js';
import type { HostResource } from './resources.js';
import type { Run } from './run.js';

/** Holds what was made, and lets go of it last first: the build's Scope. */
export interface Holder {
  defer(what: string, release: () => Promise<void> | void): void;
  /** Writes the resource down, makes it, and removes it in the end, also when it was made half. */
  acquire<T>(resource: HostResource, make: () => Promise<T>, remove: () => Promise<void>): Promise<T>;
}

/** What a run works with. `run`, `hold` and `facts` are the host's own, but in tests. */
export interface Work {
  /** Unique to the run, and the name of its directory. */
  id: string;
  /** Exists, and holds nothing. */
  directory: string;
  holder: Holder;
  emit: Emit;
  signal: AbortSignal;
  run?: Run;
  hold?: (argv: readonly string[]) => Promise<Held>;
  facts?: HostFacts;
}

/** With the means to run programs. */
export type Equipped = Work & Required<Pick<Work, 'run' | 'hold'>>;
