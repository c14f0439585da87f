import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cleanHost, type HostCleaned } from '../../../src/build/clean/host.js';
import { type JournalEntry, leftovers, type Resource } from '../../../src/build/records/journal.js';
import { listBuilds } from '../../../src/build/records/records.js';
import { FakeHost } from '../../bootloader/device-mapper/support.js';
import { temporary, writeBuild } from '../support.js';

const id = 'grub-20260101-abcdef';
const loop: Resource = { kind: 'loop', tag: id, file: '/images/web.raw' };
const map: Resource = { kind: 'map', tag: id, name: 'hda' };
const partitions: Resource = { kind: 'partitions', tag: id, map: 'hda' };

let host: FakeHost;
let runs: string;
beforeEach(() => {
  host = new FakeHost();
  runs = temporary();
});

const made = (...resources: Resource[]): JournalEntry[] =>
  resources.map((resource) => ({ op: 'make', resource }));
const clean = async (dryRun = false) => {
  const cleaned = await cleanHost({ dryRun, run: host.run, directory: runs });
  return cleaned.map(({ resource, outcome }) => `${outcome} ${resource.kind}`);
};
const everything = () => {
  writeBuild(runs, { id, entries: made(loop, map, partitions) });
  host.loops.set('/dev/loop3', id);
  for (const [name, uuid] of [
    ['hda', `VAPP-${id}`],
    ['hda1', `part1-VAPP-${id}`],
    ['hda5', `part5-VAPP-${id}`],
  ] as const)
    host.maps.set(name, uuid);
};

test('removes what a killed run left, last first, and its folder', async () => {
  everything();
  expect(await clean()).toEqual(['removed partitions', 'removed map', 'removed loop']);
  expect([host.maps.size, host.loops.size]).toEqual([0, 0]);
  expect(host.ran.filter((line) => / remove | --detach /.test(line))).toEqual([
    'dmsetup remove --retry hda1',
    'dmsetup remove --retry hda5',
    'dmsetup remove --retry hda',
    'losetup --detach /dev/loop3',
  ]);
  expect(existsSync(join(runs, id))).toBe(false);
  expect(await clean()).toEqual([]);
});

test('leaves alone what carries another tag, under the same names and for the same file', async () => {
  writeBuild(runs, { id, entries: made(loop, map, partitions) });
  host.loops.set('/dev/loop3', 'mine');
  host.maps.set('hda', 'VAPP-grub-20260101-fedcba');
  host.maps.set('hda1', 'part1-VAPP-grub-20260101-fedcba');
  host.maps.set('hdb', '');
  expect(await clean()).toEqual(['absent partitions', 'absent map', 'absent loop']);
  expect([host.maps.size, host.loops.size]).toEqual([3, 1]);
});

test('finds a map that was renamed', async () => {
  writeBuild(runs, { id, entries: made(map) });
  host.maps.set('other', `VAPP-${id}`);
  expect(await clean()).toEqual(['removed map']);
  expect(host.maps.size).toBe(0);
});

test('a dry run says the same and does nothing', async () => {
  everything();
  expect(await clean(true)).toEqual(['removed partitions', 'removed map', 'removed loop']);
  expect([host.maps.size, host.loops.size]).toEqual([3, 1]);
  expect(listBuilds(runs).flatMap(({ entries }) => leftovers(entries))).toHaveLength(3);
});

test('leaves a run alone whose process lives', async () => {
  writeBuild(runs, { id, pid: process.pid, entries: made(map) });
  host.maps.set('hda', `VAPP-${id}`);
  expect(await clean()).toEqual([]);
  expect(host.maps.size).toBe(1);
});

test('a journal that names another run’s map is not believed', async () => {
  const tag = 'grub-20260101-fedcba';
  writeBuild(runs, { id, entries: made({ ...map, tag }) });
  host.maps.set('hda', `VAPP-${tag}`);
  await expect(clean()).rejects.toMatchObject({ code: 'VAPP_CLEAN_TAG' });
  expect(host.maps.size).toBe(1);
});

test('one run that cannot be cleaned keeps nothing of another', async () => {
  const other = 'grub-20260102-fedcba';
  writeBuild(runs, { id, entries: made({ ...map, tag: 'mine' }) });
  writeBuild(runs, { id: other, entries: made({ ...map, tag: other }) });
  host.maps.set('hda', `VAPP-${other}`);
  const cleaned: HostCleaned[] = [];
  const cleaning = cleanHost({ dryRun: false, run: host.run, directory: runs }, cleaned);
  await expect(cleaning).rejects.toMatchObject({ code: 'VAPP_CLEAN_TAG' });
  expect(cleaned).toMatchObject([{ build: other, outcome: 'removed' }]);
  expect(host.maps.size).toBe(0);
});
