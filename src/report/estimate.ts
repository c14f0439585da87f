import type { Stage } from '../events.js';

/**
 * Typical shares of the stages in the time from the installer's start to the template. The installer's and the finisher's
 * were measured in CPU seconds of one build under TCG (install 289, boot loader 31, boot to login 46).
 */
const typical: Readonly<Partial<Record<Stage, number>>> = {
  install: 289,
  bootloader: 31,
  verify: 46,
  publish: 3,
};
const order: readonly Stage[] = ['install', 'bootloader', 'verify', 'publish'];

/** Seconds of installing from which a pace can be told. */
const enough = 5;

export interface StageClock {
  stage: Stage;
  /** Seconds in this stage so far, or in all when it is done. */
  seconds: number;
  done: boolean;
}

/**
 * Seconds left to the end of the build, or undefined while nothing is known. The installer's own percent gives this
 * host's speed in seconds per unit of work; what follows is reckoned with it.
 */
export const secondsLeft = (stages: readonly StageClock[], installPercent: number): number | undefined => {
  const install = stages.find(({ stage }) => stage === 'install');
  const share = install?.done ? 1 : installPercent / 100;
  if (!install || share < 0.04 || install.seconds < enough) return undefined;
  const speed = install.seconds / (share * (typical.install ?? 1));
  let left = install.done ? 0 : install.seconds * (1 / share - 1);
  for (const stage of order.slice(1)) {
    const clock = stages.find((one) => one.stage === stage);
    if (clock?.done) continue;
    left += Math.max(0, (typical[stage] ?? 0) * speed - (clock?.seconds ?? 0));
  }
  return left;
};
