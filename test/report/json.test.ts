import { expect, test } from 'vitest';
import { createReporter } from '../../src/report/index.js';
import { Secret } from '../../src/secret.js';
import { Collector } from './collector.js';

test('one object a line, with version and time', () => {
  const out = new Collector();
  const reporter = createReporter('json', out, { now: () => Date.UTC(2026, 10, 24, 20, 0, 1, 5) });
  reporter.emit({ type: 'stage', stage: 'install', state: 'done', seconds: 3 });
  reporter.emit({ type: 'phase', phase: 'partitioning', percent: 9, detail: undefined });
  expect(out.lines).toEqual([
    '{"v":1,"time":"2026-11-24T20:00:01.005Z","type":"stage","stage":"install","state":"done","seconds":3}',
    '{"v":1,"time":"2026-11-24T20:00:01.005Z","type":"phase","phase":"partitioning","percent":9}',
  ]);
});

test('raw lines of the guests only when asked for', () => {
  const line = { type: 'line', channel: 'console', text: 'a' } as const;
  const [without, with_] = [new Collector(), new Collector()];
  createReporter('json', without).emit(line);
  createReporter('json', with_, { level: 'debug' }).emit(line);
  expect(without.text).toBe('');
  expect(JSON.parse(with_.text)).toMatchObject({ v: 1, ...line });
});

test('nothing that a terminal obeys, no credentials, no secrets', () => {
  const out = new Collector();
  const text = 'a\x1b[31m\n\x9b\x7f\u202eb http://u:p@h/';
  createReporter('json', out).emit({
    type: 'notice',
    text,
    token: new Secret('s3cret'),
  } as never);
  expect(out.lines).toHaveLength(1);
  expect(out.lines[0]).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]|u:p|s3cret/);
  expect(JSON.parse(out.text).text).toBe('a\x1b[31m\n\x9b\x7f\u202eb http://•••@h/');
});
