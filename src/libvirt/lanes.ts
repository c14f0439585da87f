import type { Lane } from './lane.js';
import type { TaskArguments, TaskName, TaskResult } from './operations/index.js';

// These can take seconds, in the daemon or on its disks; a state query must not wait behind them.
const slowTasks: ReadonlySet<TaskName> = new Set<TaskName>([
  'openConnection',
  'closeConnection',
  'createDomain',
  'virDomainCreateWithFlags',
  'virDomainDestroyFlags',
  'virDomainShutdownFlags',
  'virConnectGetCapabilities',
  'virConnectGetDomainCapabilities',
  'virStoragePoolBuild',
  'virStoragePoolCreate',
  'virStoragePoolRefresh',
  'virStoragePoolDelete',
  'virNetworkCreate',
  'createVolume',
  'virStorageVolResize',
  'virStorageVolDelete',
  'startUpload',
  'startDownload',
  'sendChunk',
  'receiveChunk',
  'finishStream',
  'abortStream',
  'screenshot',
]);

/** By which a daemon is asked whether it answers at all: it waits behind nothing else. */
const pulse: TaskName = 'libVersion';

// The daemon works on five calls of a client at a time (max_client_requests), so more threads than these are no use.
const slowLanes = 3;

/** The threads that make libvirt calls: one for quick ones, up to three for slow ones, one for the pulse, each started when first needed. */
export class Lanes {
  readonly #create: () => Lane;
  #fast: Lane | undefined;
  #pulse: Lane | undefined;
  #slow: Lane[] = [];
  /** Inside calls that may never come back, or were so: other calls go elsewhere until they do. */
  #left: Lane[] = [];
  readonly #laneOf = new WeakMap<Promise<unknown>, Lane>();

  constructor(create: () => Lane) {
    this.#create = create;
  }

  /** Is any thread inside a call? */
  get busy(): boolean {
    return [this.#fast, this.#pulse, ...this.#slow, ...this.#left].some((lane) => (lane?.load ?? 0) > 0);
  }

  run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    const lane = this.#laneFor(name);
    const call = lane.run(name, ...args);
    this.#laneOf.set(call, lane);
    return call;
  }

  /** A call that `run` has given: nobody waits for it any more. It is avoided, and keeps the process alive no longer. */
  letGo(call: Promise<unknown>): void {
    this.avoid(call);
    this.#laneOf.get(call)?.letGo();
  }

  /** A call that `run` has given may never come back: no other one comes to wait behind it. */
  avoid(call: Promise<unknown>): void {
    const lane = this.#laneOf.get(call);
    if (!lane || this.#left.includes(lane)) return;
    this.#left.push(lane);
    if (lane === this.#fast) this.#fast = undefined;
    if (lane === this.#pulse) this.#pulse = undefined;
    this.#slow = this.#slow.filter((other) => other !== lane);
  }

  #laneFor(name: TaskName): Lane {
    if (slowTasks.has(name)) return this.#slowLane();
    if (name === pulse) {
      this.#pulse ??= this.#free();
      return this.#pulse;
    }
    this.#fast ??= this.#free();
    return this.#fast;
  }

  #slowLane(): Lane {
    const [least] = this.#slow.toSorted((a, b) => a.load - b.load);
    if (least && (least.load === 0 || this.#slow.length >= slowLanes)) return least;
    const lane = this.#free();
    this.#slow.push(lane);
    return lane;
  }

  /** One that was left and has come back, else a new one. */
  #free(): Lane {
    const idle = this.#left.find(({ load }) => load === 0);
    this.#left = this.#left.filter((lane) => lane !== idle);
    return idle ?? this.#create();
  }
}
