import { PassThrough } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Run } from '../../scripts/measure/vapp-run.mjs';
import type { VappEvent } from '../../src/events.js';

const events: VappEvent[] = [
  { type: 'build', id: 'x-1', appliance: 'x', uri: 'test:///default', directory: '/d' },
  { type: 'stage', stage: 'prepare', state: 'start' },
  { type: 'stage', stage: 'install', state: 'start' },
  { type: 'phase', phase: 'partitioning', percent: 1 },
  { type: 'phase', phase: 'partitioning', percent: 2 },
  { type: 'stage', stage: 'bootloader', state: 'start' },
  { type: 'step', step: 'mount', state: 'start' },
  { type: 'stage', stage: 'bootloader', state: 'done' },
  { type: 'result', template: 'x', uri: 'test:///default', seconds: 1 },
];

const runs: Run[] = [];
afterEach(() => {
  for (const run of runs.splice(0)) run.stop();
});

const follow = async (o: Partial<ConstructorParameters<typeof Run>[1]>) => {
  const child = { pid: process.pid, stdout: new PassThrough(), stderr: new PassThrough() };
  const run = new Run(child, { emit: () => {}, ...o });
  runs.push(run);
  child.stderr.write('a warning');
  for (const event of events) child.stdout.write(`${JSON.stringify({ v: 1, ...event })}\n`);
  while (child.stdout.readableLength > 0) await tick();
  await tick();
  return run;
};

describe('a followed build', () => {
  test('charges what passes to the phases, steps and stages of its events', async () => {
    const run = await follow({});
    expect(run.result?.rows.map(({ name }) => name)).toEqual([
      'vapp: prepare',
      'partitioning',
      'finisher: boot',
      'finisher: mount',
    ]);
    expect(run.result!.disk).toBeLessThanOrEqual(run.result!.wall);
    expect(run.errors).toBe('a warning');
  });

  test('is cancelled once, where it is to end', async () => {
    const cancel = vi.fn();
    const run = await follow({
      until: (event) => event.type === 'stage' && event.stage === 'install',
      cancel,
    });
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(run.seconds).toBeGreaterThan(0);
  });

  test('passes its events on', async () => {
    const emit = vi.fn();
    await follow({ emit });
    expect(emit).toHaveBeenCalledTimes(events.length);
  });
});
