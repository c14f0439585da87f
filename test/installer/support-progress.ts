import { readFileSync } from 'node:fs';
import type { VappEvent } from '../../src/events.js';
import { createProgress, type ProgressOptions } from '../../src/installer/progress.js';
import type { Stop } from '../../src/installer/stop.js';
import { parseTemplates } from '../../src/installer/templates.js';

/** What the text front end of Debian 13's installer wrote to a serial console, as captured from a guest. */
export const captured = (name: string): Buffer => readFileSync(new URL(`console/${name}`, import.meta.url));

/** Some of the templates of the same installer. */
export const templates = parseTemplates(captured('templates.txt').toString(), 'test');

/** A progress reader with a clock that stands still until told, and what it has said so far. */
export const reader = (options: Partial<ProgressOptions> = {}) => {
  let time = 0;
  const events: VappEvent[] = [];
  const stops: Stop[] = [];
  const progress = createProgress({
    emit: (event) => events.push(event),
    onQuestion: (stop) => stops.push(stop),
    templates,
    now: () => time,
    ...options,
  });
  const wait = (seconds: number): void => {
    for (let passed = 0; passed < seconds; passed++) {
      time += 1000;
      progress.tick();
    }
  };
  return { progress, events, stops, wait };
};
