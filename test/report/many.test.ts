import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createManyReporter } from '../../src/report/index.js';
import { Collector } from './collector.js';
import { screenOf } from './screen.js';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const web = { id: 'web-1', name: 'web' };
const database = { id: 'db-1', name: 'database' };

describe('several builds', () => {
  test('live: a line for each, those that wait behind; what is over scrolls away', async () => {
    const out = new Collector(80);
    const reporter = createManyReporter('live', out, { env: {}, color: false });
    const [one, two] = [reporter.build(web), reporter.build(database)];
    two({ type: 'queued', ahead: 1 });
    one({ type: 'stage', stage: 'install', state: 'start' });
    one({ type: 'phase', phase: 'partitioning', percent: 9 });
    one({ type: 'notice', text: 'engine: qemu' });
    vi.advanceTimersByTime(4000);
    const rows = () => screenOf(out.text, 80).filter((row) => row !== '');
    expect(rows()).toEqual([
      'web: engine: qemu',
      '▶ web         0:04   9 %  install · partitioning',
      '  database    0:04  queued: 1 build is before it',
    ]);
    one({ type: 'stage', stage: 'install', state: 'failed' });
    two({ type: 'stage', stage: 'prepare', state: 'start' });
    two({ type: 'result', template: 'database', uri: 'test:///x', seconds: 4 });
    expect(rows()).toEqual([
      'web: engine: qemu',
      '✖ web         0:04  failed in install',
      '✔ database    0:04  done',
    ]);
    one({ type: 'notice', text: 'the volume default/x.qcow2 is kept' });
    expect(rows().at(-1)).toBe('web: the volume default/x.qcow2 is kept');
    await reporter.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('live: one that ends before its first stage has no line any more', async () => {
    const out = new Collector(80);
    const reporter = createManyReporter('live', out, { env: {}, color: false });
    reporter.build(web)({ type: 'queued', ahead: 1 });
    vi.advanceTimersByTime(1000);
    const rows = () => screenOf(out.text, 80).filter((row) => row !== '');
    expect(rows()).toEqual(['  web    0:01  queued: 1 build is before it']);
    reporter.over(web.id);
    expect(rows()).toEqual([]);
    await reporter.close();
  });

  test('live: more than there are rows', () => {
    const out = new Collector(80);
    out.rows = 4;
    const reporter = createManyReporter('live', out, { env: {}, color: false });
    for (const number of [1, 2, 3, 4]) {
      reporter.build({ id: `b${number}`, name: `b${number}` })({ type: 'queued', ahead: number });
    }
    vi.advanceTimersByTime(1000);
    expect(screenOf(out.text, 80).filter(Boolean).at(-1)).toBe('  and 2 more');
  });

  test('plain: each line begins with its name', () => {
    const out = new Collector();
    const reporter = createManyReporter('plain', out);
    reporter.build(web)({ type: 'queued', ahead: 2 });
    reporter.build(database)({ type: 'stage', stage: 'prepare', state: 'start' });
    reporter.emit({ type: 'notice', text: 'SIGINT: cancelling' });
    expect(out.text).toBe(
      '[    0 s] web: queued: 2 builds are before it\n[    0 s] database: prepare\n[    0 s] SIGINT: cancelling\n',
    );
  });

  test('service: its name after the priority, no time', () => {
    const out = new Collector();
    const reporter = createManyReporter('service', out, { level: 'warn' });
    reporter.build(web)({ type: 'queued', ahead: 2 });
    reporter.build(web)({ type: 'warning', text: 'slow' });
    reporter.emit({ type: 'notice', text: 'SIGINT: cancelling' });
    expect(out.text).toBe('<4>web: warning: slow\n');
  });

  test('JSON: each line has the id of its build', () => {
    const out = new Collector();
    const reporter = createManyReporter('json', out);
    reporter.build(web)({ type: 'queued', ahead: 2 });
    expect(JSON.parse(out.text)).toEqual({
      v: 1,
      time: '1970-01-01T00:00:00.000Z',
      build: 'web-1',
      type: 'queued',
      ahead: 2,
    });
  });
});
