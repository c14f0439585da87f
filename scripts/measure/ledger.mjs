/**
 * Charges what passes on two meters, the clock and the CPU counter, to whatever was going on: each mark ends one item and
 * begins the next. An item that comes back is one row.
 */
export class Ledger {
  #rows = new Map();
  #open;

  /** `now`: { wall, cpu } in seconds since the start. */
  mark(name, now) {
    this.close(now);
    this.#open = { name, ...now };
  }

  /** Ends the item under way; the ledger is then complete. */
  close(now) {
    if (!this.#open) return;
    const { name, wall, cpu } = this.#open;
    const row = this.#rows.get(name) ?? { name, wall: 0, cpu: 0 };
    this.#rows.set(name, { name, wall: row.wall + now.wall - wall, cpu: row.cpu + now.cpu - cpu });
    this.#open = undefined;
  }

  /** In the order of the first marks. */
  get rows() {
    return [...this.#rows.values()];
  }
}

/**
 * What a build's events are charged to. The installer's phases keep their names, so that they stand beside the baseline's;
 * undefined for an event that begins nothing new.
 */
export const itemOf = (event) => {
  if (event.type === 'phase') return event.phase;
  if (event.type === 'step' && event.state === 'start') return `finisher: ${event.step}`;
  if (event.type !== 'stage' || event.state !== 'start') return undefined;
  return {
    prepare: 'vapp: prepare',
    bootloader: 'finisher: boot',
    verify: 'vapp: verify',
    publish: 'vapp: publish',
  }[event.stage];
};
