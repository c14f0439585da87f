import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createBuildLog } from '../../src/report/index.js';

const directory = mkdtempSync(join(tmpdir(), 'vapp-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

const records = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('every event is in the file when close has ended', async () => {
  const file = join(directory, 'many.log');
  const log = createBuildLog(file);
  for (let count = 0; count < 20_000; count++) {
    log.emit({ type: 'line', channel: 'syslog', text: `line ${count}` });
  }
  await log.close();
  const written = records(file);
  expect(written).toHaveLength(20_000);
  expect(written.at(-1)).toMatchObject({
    level: 'debug',
    type: 'line',
    channel: 'syslog',
    text: 'line 19999',
  });
  expect(Date.parse(String(written[0]!.timestamp))).toBeGreaterThan(0);
});

test('what another run left cut short does not take the first line with it', async () => {
  const file = join(directory, 'cut.log');
  writeFileSync(file, '{"type":"notice","timest');
  const log = createBuildLog(file);
  log.emit({ type: 'notice', text: 'again' });
  await log.close();
  const [, second] = readFileSync(file, 'utf8').split('\n');
  expect(JSON.parse(second!)).toMatchObject({ type: 'notice', text: 'again' });
});

test('levels follow the event, credentials are hidden, only the owner may read', async () => {
  const file = join(directory, 'levels.log');
  const log = createBuildLog(file);
  log.emit({ type: 'notice', text: 'mirror http://u:p@mirror.example/' });
  log.emit({ type: 'warning', text: 'slow' });
  log.emit({ type: 'stage', stage: 'install', state: 'failed' });
  await log.close();
  expect(records(file).map(({ level }) => level)).toEqual(['info', 'warn', 'error']);
  expect(readFileSync(file, 'utf8')).toContain('http://•••@mirror.example/');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a level leaves out what is less, but never which build it was and how it ended', async () => {
  const file = join(directory, 'errors.log');
  const log = createBuildLog(file, 'error');
  log.emit({ type: 'build', id: 'web-1', appliance: 'web', uri: 'test:///x', directory: '/b' });
  log.emit({ type: 'notice', text: 'engine: qemu' });
  log.emit({ type: 'warning', text: 'slow' });
  log.emit({ type: 'line', channel: 'syslog', text: 'x' });
  log.emit({ type: 'stage', stage: 'install', state: 'failed' });
  log.emit({ type: 'result', template: 'web', uri: 'test:///x', seconds: 1 });
  log.fail(new Error('no'));
  await log.close();
  expect(records(file).map(({ type }) => type)).toEqual(['build', 'stage', 'result', 'error']);
});

test('a second log of a build goes on in the same file', async () => {
  const file = join(directory, 'again.log');
  for (const text of ['one', 'two']) {
    const log = createBuildLog(file);
    log.emit({ type: 'notice', text });
    await log.close();
  }
  expect(records(file).map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a file that cannot be written is an error of close, not a crash', async () => {
  writeFileSync(join(directory, 'plain'), '');
  const log = createBuildLog(join(directory, 'plain', 'x.log'));
  log.emit({ type: 'notice', text: 'lost' });
  await expect(log.close()).rejects.toMatchObject({ code: 'VAPP_REPORT_LOG' });
});
