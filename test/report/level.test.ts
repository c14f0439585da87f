import { describe, expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { createReporter, type LogLevel, type ReporterKind } from '../../src/report/index.js';
import { levelOf } from '../../src/report/level.js';
import { Collector } from './collector.js';

const events: VappEvent[] = [
  { type: 'build', id: 'web-1', appliance: 'web', uri: 'test:///x', directory: '/b' },
  { type: 'notice', text: 'a notice' },
  { type: 'warning', text: 'a warning' },
  { type: 'line', channel: 'console', text: 'a line' },
  { type: 'stage', stage: 'install', state: 'failed' },
  { type: 'result', template: 'web', uri: 'test:///x', seconds: 1 },
];

const shown = (kind: ReporterKind, level?: LogLevel): string[] => {
  const out = new Collector();
  const { emit } = createReporter(kind, out, { now: () => 0, ...(level && { level }) });
  for (const event of events) emit(event);
  return out.lines.map((line) => (kind === 'json' ? JSON.parse(line).type : line.replace('[    0 s] ', '')));
};

test('the level of an event', () => {
  expect(events.map(levelOf)).toEqual(['info', 'info', 'warn', 'debug', 'error', 'info']);
  expect(levelOf({ type: 'step', step: 'grub_bios', state: 'failed' })).toBe('error');
  expect(levelOf({ type: 'progress', task: 'a.deb', done: 1, unit: 'bytes' })).toBe('info');
});

describe('what is shown', () => {
  test('plain', () => {
    expect(shown('plain', 'error')).toEqual(['install failed']);
    expect(shown('plain', 'warn')).toEqual(['warning: a warning', 'install failed']);
    const usual = [
      'build web-1 of web on test:///x',
      'logs in /b',
      'a notice',
      'warning: a warning',
      'install failed',
      'template web on test:///x (1 s)',
    ];
    expect(shown('plain')).toEqual(usual);
    expect(shown('plain', 'info')).toEqual(usual);
    expect(shown('plain', 'debug')).toEqual(usual.toSpliced(4, 0, 'console: a line'));
  });

  test('JSON says at any level which build it is and how it ended', () => {
    expect(shown('json', 'error')).toEqual(['build', 'stage', 'result']);
    expect(shown('json')).toEqual(['build', 'notice', 'warning', 'stage', 'result']);
    expect(shown('json', 'debug')).toEqual(events.map(({ type }) => type));
  });

  test('the live display is drawn at any level; what is said above it is not', async () => {
    const out = new Collector(80);
    const { emit, close } = createReporter('live', out, { env: {}, color: false, level: 'warn' });
    for (const event of events) emit(event);
    await close();
    expect(out.text).not.toContain('a notice');
    expect(out.text).toContain('warning: a warning');
    expect(out.text).toContain('template web on test:///x');
  });
});
