import { VappError } from '../../errors.js';
import { removeHostResource } from './leftovers.js';
import { enterNamespace } from './namespace.js';
import type { Run } from './run.js';
import { commandText, fillIn, type Step, type Values } from './step.js';
import type { Equipped } from './work.js';

/** Carries out steps one by one, and has each undone by the holder. */
export class Performer {
  readonly #work: Equipped;
  readonly #menu: (inside: Run) => Promise<string | undefined>;
  readonly #values: Values = {};
  #enter: readonly string[] = [];
  #newMenu: string | undefined;
  #written = false;

  /** @param o.menu gives the text of a new grub.cfg, or undefined when the one that is there fits. */
  constructor(work: Equipped, o: { menu(inside: Run): Promise<string | undefined> }) {
    this.#work = work;
    this.#menu = o.menu;
  }

  /** @throws VAPP_BOOTLOADER_HOST_STEP with the command, the signal's reason, and what `menu` throws */
  async perform(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#work.signal.throwIfAborted();
      if (step.menu && (await this.#keepsMenu(step))) continue;
      await this.#told(step, () => this.#perform(step));
    }
    this.#work.signal.throwIfAborted();
  }

  /** Looks once, before the new menu is written. */
  async #keepsMenu({ menu }: Step): Promise<boolean> {
    if (menu === 'write') {
      const enter = this.#enter;
      this.#newMenu = await this.#menu((argv, o) => this.#work.run(argv, { ...o, enter }));
      if (this.#newMenu === undefined)
        this.#work.emit({ type: 'notice', text: 'the menu that is there stays' });
    }
    return this.#newMenu === undefined;
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
      throw stepError(text, error, this.#written);
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
    const { run, signal } = this.#work;
    const enter = step.inside ? this.#enter : [];
    const input = step.menu === 'write' ? this.#newMenu : step.input;
    this.#written ||= step.whole ?? false;
    const output = await run(fillIn(step.argv, this.#values)!, {
      ...{ enter, ...(input !== undefined && { input }), ...(!step.whole && { signal }) },
      ...(step.accepts !== undefined && { accepts: step.accepts }),
    });
    if (step.sets) this.#values[step.sets] = output.trim();
  }
}

function stepError(text: string, error: unknown, written: boolean): unknown {
  if (!(error instanceof VappError) || error.code !== 'VAPP_BOOTLOADER_PROGRAM') return error;
  return new VappError('VAPP_BOOTLOADER_HOST_STEP', `This step failed: ${text}`, {
    ...(error.why !== undefined && { why: error.why }),
    ...(error.excerpt !== undefined && { excerpt: error.excerpt }),
    hint: written
      ? 'the image was written in part, and may not boot: run vapp grub again, with --mapper guest'
      : 'the image is as it was, but for mounts and repairs of its file systems; --mapper guest needs nothing of this host',
    cause: error,
  });
}
