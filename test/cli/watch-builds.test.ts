import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BuildRecord } from '../../src/build/records/records.js';
import { buildFiles } from '../../src/build/records/workspace.js';
import { latest } from '../../src/cli/watch-builds.js';
import { writeBuild } from '../build/support.js';
import { Home } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const builds = (...states: BuildRecord['state'][]) =>
  states.map((state, index) => ({ id: String(index), state }) as BuildRecord);
const ids = (chosen: readonly BuildRecord[]) => chosen.map(({ id }) => id).join('');

test('where there is little room, running builds come first, then the latest, all in their order', () => {
  const all = builds('running', 'done', 'failed', 'running', 'done');
  expect([1, 2, 3, 4, 9].map((room) => ids(latest(all, room)))).toEqual(['3', '03', '034', '0234', '01234']);
});

test('one that has more lines takes the place of more', () => {
  const all = builds('failed', 'done', 'failed', 'running');
  const rows = ({ state }: BuildRecord) => (state === 'failed' ? 2 : 1);
  expect([1, 2, 3, 4, 6].map((room) => ids(latest(all, room, rows)))).toEqual([
    '3',
    '3',
    '23',
    '123',
    '0123',
  ]);
});

test.each([
  ['plain', (text: string) => text.match(/^web-1 +(running|failed)/m)?.[1]],
  ['json', (text: string) => JSON.parse(text.trim()).builds[0].state],
])(
  '--watch --output %s shows them anew when something has changed, until Ctrl-C',
  async (output, stateIn) => {
    const directory = writeBuild(home.builds, { id: 'web-1', pid: process.pid });
    const watching = home.start(['builds', '--watch', '--output', output]);
    const [first] = await once(watching.stdout!, 'data');
    expect(stateIn(String(first))).toBe('running');
    appendFileSync(join(directory, buildFiles.journal), '{"at":"2025","op":"end","state":"failed"}\n');
    const [second] = await once(watching.stdout!, 'data');
    expect(stateIn(String(second))).toBe('failed');
    watching.kill('SIGINT');
    expect(await watching).toMatchObject({ exitCode: 0, stdout: `${first}${second}`.trim() });
  },
);
