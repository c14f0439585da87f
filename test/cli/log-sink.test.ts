import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { consoleSink, guestLogSink, ownLogSink, recordSink } from '../../src/cli/log-sink.js';

const out = (isTTY = false) => Object.assign(new PassThrough(), { isTTY });
const bytes = Buffer.from('caf\u00e9 \x1b[31mred\x07\r\nhalf');

test('a pipe gets the bytes of a guest', () => {
  const pipe = out();
  guestLogSink(pipe)(bytes);
  expect(pipe.read()).toEqual(bytes);
});

test('a terminal gets nothing that it would obey, however the bytes were cut', () => {
  const terminal = out(true);
  const sink = guestLogSink(terminal);
  for (const byte of bytes) sink(Buffer.from([byte]));
  expect(String(terminal.read())).toBe('caf\u00e9 red\n');
});

test('a console shows a line as it grows, and nothing that a terminal would obey', () => {
  const terminal = out(true);
  const sink = consoleSink(terminal);
  let shown = '';
  const steps = ['log', 'in: ', '\x1b[3', '1mred', '\x1b', ']0;title\x07', ' end\r', '\nnext'];
  for (const step of steps) {
    sink(Buffer.from(step));
    shown += `${terminal.read() ?? ''}|`;
  }
  expect(shown).toBe('log|in: ||red||| end|\nnext|');
});

test('vapp’s own log comes as the build was shown, with the times of then', () => {
  const pipe = out();
  const sink = ownLogSink(pipe);
  const line = (timestamp: string, event: object) =>
    Buffer.from(`${JSON.stringify({ ...event, level: 'info', message: 'x', timestamp })}\n`);
  sink(line('2025-01-01T00:00:00.000Z', { type: 'stage', stage: 'install', state: 'start' }));
  sink(line('2025-01-01T00:00:01.000Z', { type: 'line', channel: 'syslog', text: 'not this' }));
  const last = line('2025-01-01T00:01:05.000Z', { type: 'warning', text: 'slow', hint: 'wait' });
  sink(last.subarray(0, 20));
  sink(last.subarray(20));
  expect(String(pipe.read())).toBe('[    0 s] install\n[   65 s] warning: slow\n[   65 s]   → wait\n');
});

test('of vapp’s own log only what is as serious as asked for', () => {
  const shown = (level?: 'warn' | 'debug') => {
    const pipe = out();
    const sink = ownLogSink(pipe, level);
    for (const event of [
      { type: 'notice', text: 'engine: qemu' },
      { type: 'warning', text: 'slow' },
      { type: 'line', channel: 'syslog', text: 'kernel: hello' },
    ]) {
      sink(Buffer.from(`${JSON.stringify({ ...event, timestamp: '2025-01-01T00:00:00.000Z' })}\n`));
    }
    return String(pipe.read()).replaceAll('[    0 s] ', '').trimEnd().split('\n');
  };
  expect(shown('warn')).toEqual(['warning: slow']);
  expect(shown()).toEqual(['engine: qemu', 'warning: slow']);
  expect(shown('debug')).toEqual(['engine: qemu', 'warning: slow', 'syslog: kernel: hello']);
});

test('a line of vapp’s own log that was cut short is left out', () => {
  const found: unknown[] = [];
  const sink = recordSink(({ event }) => found.push(event));
  sink(
    Buffer.from(
      '{"type":"notice","timest\n\0\0\n{"type":"notice","text":"x","timestamp":"2025-01-02T00:00:00Z"}\n',
    ),
  );
  expect(found).toEqual([{ type: 'notice', text: 'x' }]);
});
