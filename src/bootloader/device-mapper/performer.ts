import { VappError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { Held } from './held.js';
import { removeHostResource } from './leftovers.js';
import { enterNamespace } from './namespace.js';
import type { HostFacts } from './needs.js';
import type { HostResource } from './resources.js';
import type { Run } from './run.js';
import { commandText, fillIn, type Step, type Values } from './step.js';

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

/** Carries out steps one by one, and has each undone by the holder. */
export class Performer {
  readonly #work: Equipped;
  readonly #menu: (inside: Run) => Promise<string | undefined>;
  readonly #values: Values = {};
  #enter: readonly string[] = [];
  #menuFits = false;

  /** @param o.menu gives the text of a new grub.cfg, or undefined when the one that is there fits. */
  constructor(work: Equipped, o: { menu(inside: Run): Promise<string | undefined> }) {
    this.#work = work;
    this.#menu = o.menu;
  }

  /** @throws VAPP_BOOTLOADER_HOST_STEP with the command, the signal's reason, and what `menu` throws */
  async perform(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#work.signal.throwIfAborted();
      await this.#told(step, () => this.#perform(step));
    }
    this.#work.signal.throwIfAborted();
  }

  async #told(step: Step, perform: () => Promise<void>): Promise<void> {
    const { emit, signal } = this.#work;
    const text = commandText(fillIn(step.argv, this.#values) ?? step.argv, step);
    const told = { type: 'step', step: step.name } as const;
    emit({ ...told, state: 'start', detail: text });
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1000;
    try {
      await perform();
      emit({ ...told, state: 'done', seconds: seconds() });
    } catch (error) {
      emit({ ...told, state: 'failed', seconds: seconds() });
      signal.throwIfAborted();
      throw stepError(text, error);
    }
  }

  async #perform(step: Step): Promise<void> {
    const { holder } = this.#work;
    const { makes, undo } = step;
    if (step.opens) return await this.#open(step);
    if (makes)
      await holder.acquire(
        makes,
        () => this.#run(step),
        async () => {
          await removeHostResource(this.#work.run, makes, undo && fillIn(undo, this.#values));
        },
      );
    else await this.#run(step);
    if (undo && !makes) this.#undoInside(undo);
  }

  /** What cannot be undone, such as a mount that is in use, ends with the namespace; if not, the map's removal tells. */
  #undoInside(undo: readonly string[]): void {
    const { holder, run } = this.#work;
    const enter = this.#enter;
    holder.defer(commandText(undo), async () => void (await run(undo, { enter }).catch(() => '')));
  }

  async #open(step: Step): Promise<void> {
    const { pid, close } = await this.#work.hold([...step.argv, '--']);
    this.#work.holder.defer('mount namespace', close);
    this.#enter = enterNamespace(pid);
  }

  async #run(step: Step): Promise<void> {
    const { run, signal, emit } = this.#work;
    const enter = step.inside ? this.#enter : [];
    if (step.menu === 'rename' && this.#menuFits) return;
    const input =
      step.menu === 'write' ? await this.#menu((argv, o) => run(argv, { ...o, enter })) : step.input;
    if (step.menu === 'write' && input === undefined) {
      this.#menuFits = true;
      emit({ type: 'notice', text: 'the menu that is there fits, and stays' });
      return;
    }
    const output = await run(fillIn(step.argv, this.#values)!, {
      ...{ enter, ...(input !== undefined && { input }), ...(!step.whole && { signal }) },
    });
    if (step.sets) this.#values[step.sets] = output.trim();
  }
}

function stepError(text: string, error: unknown): unknown {
  if (!(error instanceof VappError) || error.code !== 'VAPP_BOOTLOADER_PROGRAM') return error;
  return new VappError('VAPP_BOOTLOADER_HOST_STEP', `This step failed: ${text}`, {
    ...(error.why !== undefined && { why: error.why }),
    ...(error.excerpt !== undefined && { excerpt: error.excerpt }),
    hint: '--mapper guest, which needs nothing of this host',
    cause: error,
  });
}
