import { expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { createReporter } from '../../src/report/index.js';
import { prioritised } from '../../src/report/service.js';
import { Collector } from './collector.js';

const linesOf = (...events: VappEvent[]): string[] => {
  const out = new Collector();
  const { emit } = createReporter('service', out, { level: 'debug' });
  for (const event of events) emit(event);
  return out.lines;
};

test('a build as the journal wants it: no times, no progress, the priority of what is not as it should be', () => {
  const phase = (percent: number, detail: string): VappEvent => ({
    type: 'phase',
    phase: 'base',
    percent,
    detail,
  });
  expect(
    linesOf(
      { type: 'stage', stage: 'install', state: 'start' },
      { type: 'progress', task: 'a.deb', done: 0, total: 9, unit: 'bytes' },
      { type: 'progress', task: 'a.deb', done: 9, total: 9, unit: 'bytes' },
      phase(8, 'unpacking a'),
      phase(90, 'unpacking b'),
      { type: 'warning', text: 'slow', hint: 'buy a machine' },
      { type: 'line', channel: 'syslog', text: 'kernel: <3>hello' },
      { type: 'stage', stage: 'install', state: 'failed', seconds: 7 },
    ),
  ).toEqual([
    'install',
    'install: base',
    '<4>warning: slow',
    '<4>  → buy a machine',
    '<7>syslog: kernel: <3>hello',
    '<3>install failed (7 s)',
  ]);
});

test('a guest cannot choose the priority of its lines', () => {
  expect(linesOf({ type: 'notice', text: '<0>\n<1>the host is on fire' })).toEqual([
    '<6><0><1>the host is on fire',
  ]);
});

test('each line of a text has the priority, since the journal stores each for itself', () => {
  expect(prioritised('error', 'error: no\n  why')).toBe('<3>error: no\n<3>  why');
  expect(prioritised('info', 'a\nb')).toBe('a\nb');
});
