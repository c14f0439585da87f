import type { TaskArguments, TaskName, TaskResult } from './operations/index.js';
import type { Caller } from './reference.js';
import type { Runtime } from './runtime.js';

/** The calls of one connection that are under way. They share their threads with those of others, and can be given up. */
export class Calls implements Caller {
  readonly #lanes: Runtime['lanes'];
  /** Each with what makes it fail. */
  readonly #underWay = new Map<Promise<unknown>, (error: Error) => void>();
  #givenUp: (() => Error) | undefined;

  constructor(lanes: Runtime['lanes']) {
    this.#lanes = lanes;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  async run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    if (this.#givenUp) throw this.#givenUp();
    const call = this.#lanes.run(name, ...args);
    return await new Promise((resolve, reject) => {
      this.#underWay.set(call, reject);
      call.then(resolve, reject).finally(() => this.#underWay.delete(call));
    });
  }

  /** They may never come back: no call of another connection comes to wait behind them. */
  avoid(): void {
    for (const call of this.#underWay.keys()) this.#lanes.avoid?.(call);
  }

  /** They fail, as all that come later do, and their threads are left behind. */
  giveUp(error: () => Error): void {
    this.#givenUp = error;
    for (const [call, reject] of this.#underWay) {
      this.#lanes.letGo?.(call);
      reject(error());
    }
  }
}
