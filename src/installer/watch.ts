import { VappError } from '../errors.js';

/** Counters of a guest that only grow. CPU in seconds, the others in bytes. */
export type Activity = Partial<Record<'console' | 'syslog' | 'block' | 'net' | 'cpu', number>>;

export interface WatchOptions {
  /** Seconds without any sign of life after which a guest counts as stuck; already scaled to the engine. */
  limit: number;
  /** Milliseconds. */
  now: () => number;
}

/** A guest that only computes may be at work, or may spin for ever: it gets this many limits. */
const computingLimits = 6;
/**
 * And this many when all it does is to write lines, without ever touching the disk, the network, or getting further. Where nobody counts
 * what it does to the disk, lines are taken for work.
 */
const talkingLimits = 12;
/** Bytes of a network that chatters by itself (ARP, router advertisements) and say nothing about the guest. */
const idleNetBytes = 4096;
/** Share of a CPU that an idle guest's timer ticks may take under TCG. */
const idleCpuShare = 0.15;

/** Tells whether a guest still does something, by its counters and not by how long it takes. */
export class Watch {
  readonly #o: WatchOptions;
  #base: Activity = {};
  #effect: Activity = {};
  #counters: Activity = {};
  #baseAt: number;
  #lastOutput: number;
  #lastAny: number;
  #lastEffect: number;
  #doing = 'starting';

  constructor(options: WatchOptions) {
    this.#o = options;
    this.#baseAt = this.#lastOutput = this.#lastAny = this.#lastEffect = options.now();
  }

  /** Takes a sample; `doing` says what the guest was last seen at. */
  saw(counters: Activity, doing?: string): void {
    const now = this.#o.now();
    this.#counters = counters;
    const further = doing !== undefined && doing !== this.#doing;
    if (doing) this.#doing = doing;
    const output = (['console', 'syslog', 'block'] as const).some((name) => this.#grew(counters, name, 0));
    const traffic = this.#grew(counters, 'net', idleNetBytes);
    const seconds = (now - this.#baseAt) / 1000;
    const computed = this.#grew(counters, 'cpu', Math.max(0.5, idleCpuShare * seconds));
    if (further || this.#hadEffect(counters)) this.#lastEffect = now;
    if (output || traffic) this.#lastOutput = now;
    if (output || traffic || computed) this.#moveBase(counters, now);
  }

  #grew(counters: Activity, name: keyof Activity, more: number): boolean {
    return (counters[name] ?? 0) - (this.#base[name] ?? 0) > more;
  }

  /** A base of its own: lines move the other one on before a slow download has brought enough. */
  #hadEffect({ block, net = 0 }: Activity): boolean {
    if (block === undefined) return true;
    const { block: blockThen = 0, net: netThen = 0 } = this.#effect;
    if (block <= blockThen && net - netThen <= idleNetBytes) return false;
    this.#effect = { block, net };
    return true;
  }

  #moveBase(counters: Activity, now: number): void {
    this.#base = { ...this.#base, ...counters };
    this.#baseAt = this.#lastAny = now;
  }

  /** Seconds since anything moved. */
  idleFor(): number {
    return (this.#o.now() - this.#lastAny) / 1000;
  }

  /** VAPP_INSTALLER_STUCK once the guest has been still for too long, or has computed or talked without any effect. */
  stuck(): VappError | undefined {
    const { limit, now } = this.#o;
    const since = (last: number): number => (now() - last) / 1000;
    if (this.idleFor() > limit) return this.#stuckAt(this.idleFor(), 'did nothing', everything);
    const silent = since(this.#lastOutput);
    if (silent > computingLimits * limit) return this.#stuckAt(silent, 'only computed', everything);
    const idly = since(this.#lastEffect);
    if (idly > talkingLimits * limit) return this.#stuckAt(idly, 'only wrote lines', ['block', 'net']);
    return undefined;
  }

  /** Of what has been still, only those counters are named that somebody keeps. */
  #stuckAt(seconds: number, what: string, still: readonly (keyof typeof words)[]): VappError {
    const found = still.filter((name) => this.#counters[name] !== undefined).map((name) => words[name]);
    const verb = found.length === 1 ? 'has' : 'have';
    return new VappError('VAPP_INSTALLER_STUCK', `the installer ${what} for ${Math.round(seconds)} s`, {
      why: `it was last seen ${this.#doing}; ${new Intl.ListFormat('en-GB').format(found)} ${verb} been still since`,
      hint: 'look at the screen and the syslog in the build directory',
    });
  }
}

const words = { console: 'console', syslog: 'syslog', block: 'disk', net: 'network' };
const everything = ['console', 'syslog', 'block', 'net'] as const;
