import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  Journal,
  leftovers,
  parseCourse,
  parseJournal,
  type Resource,
} from '../../../src/build/records/journal.js';
import { temporary } from '../support.js';

const domain: Resource = { kind: 'domain', name: 'd' };
const volume: Resource = { kind: 'volume', pool: 'p', name: 'v' };

test('what was made and neither removed nor kept is left, newest first', () => {
  expect(
    leftovers([
      { op: 'make', resource: volume },
      { op: 'make', resource: domain },
    ]),
  ).toEqual([domain, volume]);
  expect(
    leftovers([
      { op: 'make', resource: volume },
      { op: 'make', resource: domain },
      { op: 'gone', resource: domain },
      { op: 'keep', resource: volume },
    ]),
  ).toEqual([]);
});

test('a volume of the same name in another pool is another thing', () => {
  const other: Resource = { ...volume, pool: 'q' };
  expect(
    leftovers([
      { op: 'make', resource: volume },
      { op: 'gone', resource: other },
    ]),
  ).toEqual([volume]);
});

test('of the stages, the last one that is whole is part of a build’s course', () => {
  const stage = (name: string) =>
    JSON.stringify({ at: '2026-01-01T00:00:00Z', op: 'stage', stage: name, state: 'start' });
  const text = `${stage('prepare')}\n${stage('install')}\n${stage('bootloader').slice(0, -9)}\n`;
  expect(parseCourse(text)).toMatchObject([{ stage: 'install' }]);
});

test('the course of a build is its entries without those of resources', () => {
  const file = join(temporary(), 'journal.jsonl');
  const journal = new Journal(file);
  journal.write({ op: 'make', resource: { ...domain, name: '"op":"stage"' } });
  journal.write({ op: 'stage', stage: '"op":"make"', state: 'start' });
  for (const op of ['gone', 'keep'] as const) journal.write({ op, resource: domain });
  journal.write({ op: 'end', state: 'done' });
  journal.close();
  expect(parseCourse(readFileSync(file, 'utf8')).map(({ op }) => op)).toEqual(['stage', 'end']);
});

test('entries come back as they were written; a line that a crash cut short is left out', () => {
  const file = join(temporary(), 'journal.jsonl');
  const journal = new Journal(file);
  journal.write({ op: 'make', resource: domain });
  journal.write({ op: 'stage', stage: 'install', state: 'start' });
  journal.close();
  appendFileSync(file, '{"at":"2026-01-01T00:00:00Z","op":"gone","resou');
  const entries = parseJournal(readFileSync(file, 'utf8'));
  expect(entries.map(({ at, ...entry }) => [typeof at, entry])).toEqual([
    ['string', { op: 'make', resource: domain }],
    ['string', { op: 'stage', stage: 'install', state: 'start' }],
  ]);
});

test('what is written after a cut line begins a line of its own', () => {
  const file = join(temporary(), 'journal.jsonl');
  appendFileSync(file, '{"at":"2026-01-01T00:00:00Z","op":"stage","stage":"inst');
  const journal = new Journal(file);
  journal.write({ op: 'make', resource: domain });
  journal.write({ op: 'gone', resource: domain });
  journal.close();
  expect(parseJournal(readFileSync(file, 'utf8')).map(({ op }) => op)).toEqual(['make', 'gone']);
});

test('a journal that cannot be written is named', () => {
  // full(4)
  const journal = new Journal('/dev/full');
  let error: unknown;
  try {
    journal.write({ op: 'make', resource: domain });
  } catch (cause) {
    error = cause;
  }
  journal.close();
  expect(error).toMatchObject({ code: 'ENOSPC', path: '/dev/full' });
});
