import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createReporter, type Reporter } from '../../src/report/index.js';
import { Collector } from './collector.js';
import { screenOf } from './screen.js';

const start = (out: Collector, env: Record<string, string> = {}): Reporter =>
  createReporter('live', out, { env, color: false });

const rows = (out: Collector): string[] => screenOf(out.text, out.columns!).filter((row) => row !== '');

describe('the live reporter', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  test('draws in place while time passes, and finished stages stay above', () => {
    const out = new Collector(80);
    const reporter = start(out);
    reporter.emit({ type: 'build', id: 'web-1', appliance: 'web', uri: 'test:///x', directory: '/b' });
    reporter.emit({ type: 'stage', stage: 'prepare', state: 'start' });
    vi.advanceTimersByTime(42_000);
    reporter.emit({ type: 'stage', stage: 'prepare', state: 'done' });
    reporter.emit({ type: 'notice', text: 'engine: qemu' });
    reporter.emit({ type: 'stage', stage: 'install', state: 'start' });
    reporter.emit({ type: 'phase', phase: 'partitioning', percent: 9 });
    vi.advanceTimersByTime(1000);
    expect(rows(out)).toEqual([
      '✔ prepare       0:42',
      'engine: qemu',
      'web on test:///x · 0:43',
      '▶ install       0:01   9 %  partitioning',
      '  bootloader',
      '  verify',
      '  publish',
    ]);
  });

  test('takes the display away at the end and gives the cursor back', async () => {
    const out = new Collector(80);
    const reporter = start(out);
    const listeners = process.listenerCount('exit');
    reporter.emit({ type: 'stage', stage: 'prepare', state: 'start' });
    reporter.emit({ type: 'stage', stage: 'prepare', state: 'failed' });
    await reporter.close();
    await reporter.close();
    expect(rows(out)).toEqual(['✖ prepare       0:00']);
    expect(out.text.startsWith('\x1b[?25l')).toBe(true);
    expect(out.text.endsWith('\x1b[?25h')).toBe(true);
    expect(process.listenerCount('exit')).toBe(listeners - 1);
    expect(vi.getTimerCount()).toBe(0);
    expect(out.listenerCount('resize')).toBe(0);
  });

  test('a terminal made narrower keeps no rest of the wider display', () => {
    const out = new Collector(80);
    const reporter = start(out);
    reporter.emit({ type: 'stage', stage: 'install', state: 'start' });
    reporter.emit({
      type: 'phase',
      phase: 'installing the base system',
      percent: 20,
      detail: 'unpacking libc6',
    });
    vi.advanceTimersByTime(250);
    // What the terminal does itself: rows that no longer fit are broken.
    const broken = rows(out).flatMap((row) => row.match(/.{1,30}/gu) ?? []);
    const before = out.text.length;
    out.columns = 30;
    out.emit('resize');
    const after = screenOf(`${broken.join('\n')}\n${out.text.slice(before)}`, 30).filter((row) => row !== '');
    expect(after).toEqual([
      'starting · 0:00',
      '▶ install       0:00  20 %  …',
      '  prepare',
      '  bootloader',
      '  verify',
      '  publish',
    ]);
  });

  test('the result stays', async () => {
    const out = new Collector(80);
    const reporter = start(out);
    reporter.emit({ type: 'result', template: 'web', uri: 'test:///x', seconds: 272 });
    await reporter.close();
    expect(rows(out)).toEqual(['template web on test:///x, 4:32']);
  });

  test('colour follows NO_COLOR, marks follow the terminal', () => {
    const draw = (env: Record<string, string>): string => {
      const out = new Collector(80);
      const reporter = createReporter('live', out, { env });
      reporter.emit({ type: 'stage', stage: 'prepare', state: 'done', seconds: 1 });
      void reporter.close();
      return out.text;
    };
    expect(draw({ TERM: 'xterm' })).toContain('\x1b[32m✔\x1b[39m prepare');
    expect(draw({ TERM: 'xterm', NO_COLOR: '1' })).toContain('\n✔ prepare'.slice(1));
    expect(draw({ TERM: 'xterm', NO_COLOR: '1' })).not.toMatch(/\x1b\[\d+m/);
    expect(draw({ TERM: 'linux', NO_COLOR: '1' })).toContain('+ prepare');
  });

  test('warnings stay, with their hint; lines of the guests do not show', () => {
    const out = new Collector(80);
    const reporter = start(out);
    reporter.emit({ type: 'warning', text: 'KVM hangs here', hint: 'set hypervisor: qemu' });
    reporter.emit({ type: 'line', channel: 'syslog', text: 'secret things' });
    vi.advanceTimersByTime(500);
    expect(rows(out).slice(0, 2)).toEqual(['warning: KVM hangs here', '  → set hypervisor: qemu']);
    expect(out.text).not.toContain('secret');
  });
});
