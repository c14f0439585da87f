import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cleaned, cleanBuilds } from '../../../src/build/clean/clean.js';
import type { JournalEntry, Resource } from '../../../src/build/records/journal.js';
import { leftovers } from '../../../src/build/records/journal.js';
import { listBuilds } from '../../../src/build/records/records.js';
import type { VappMetadata } from '../../../src/domain/index.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import {
  domainNames,
  domainXml,
  makeTemplate,
  makeVolume,
  metadataOf,
  pool,
  volumeNames,
} from '../../template/support.js';
import { temporary, writeBuild } from '../support.js';

const id = metadataOf('web').build;
const domain: Resource = { kind: 'domain', name: `vapp-build-${id}-installer` };
const kernel: Resource = { kind: 'volume', pool, name: `vapp-build-${id}-kernel` };
const disk: Resource = { kind: 'volume', pool, name: `vapp-${id}.qcow2` };

let connection: Connection;
let builds: string;
beforeEach(async () => {
  connection = await openInline();
  builds = temporary();
});
afterEach(async () => {
  await connection.close();
});

const made = (...resources: Resource[]): JournalEntry[] =>
  resources.map((resource) => ({ op: 'make', resource }));
const clean = async (dryRun = false) => {
  const cleaned = await cleanBuilds(connection, listBuilds(builds), { dryRun });
  return cleaned.map(({ resource, outcome, reason }) =>
    [outcome, nameOf(resource), ...(reason ? [reason] : [])].join(' '),
  );
};
const nameOf = (resource: Resource): string =>
  'name' in resource ? resource.name : 'path' in resource ? resource.path : resource.kind;
const startGuest = (kind: VappMetadata['kind'], build = id) =>
  connection.createDomain(domainXml(domain.name, metadataOf('web', { kind, build })));
const left = () => listBuilds(builds).flatMap(({ entries }) => leftovers(entries));

test('removes what a dead build left, last first, and writes that down', async () => {
  writeBuild(builds, { id, entries: made(kernel, disk, domain) });
  await startGuest('build');
  await makeVolume(connection, kernel.name);
  await makeVolume(connection, disk.name);
  expect(await clean()).toEqual([`removed ${domain.name}`, `removed ${disk.name}`, `removed ${kernel.name}`]);
  expect(await domainNames(connection)).toEqual(['test']);
  expect(await volumeNames(connection)).toEqual([]);
  expect(left()).toEqual([]);
  expect(await clean()).toEqual([]);
});

test('a dry run says the same and does nothing', async () => {
  const directory = join(writeBuild(builds, { id, entries: made(disk) }), 'archive');
  mkdirSync(directory);
  writeBuild(builds, { id, entries: made({ kind: 'directory', path: directory }) });
  await makeVolume(connection, disk.name);
  expect(await clean(true)).toEqual([`removed ${directory}`, `removed ${disk.name}`]);
  expect(await volumeNames(connection)).toEqual([disk.name]);
  expect(existsSync(directory)).toBe(true);
  expect(left()).toHaveLength(2);
});

test('what is gone already is no error', async () => {
  const path = join(builds, id, 'archive');
  writeBuild(builds, { id, entries: made({ kind: 'directory', path }, kernel, domain) });
  expect(await clean()).toEqual([`absent ${domain.name}`, `absent ${kernel.name}`, `absent ${path}`]);
  expect(left()).toEqual([]);
});

test('a volume of a pool that is not there is not forgotten, unless the caller gives it up', async () => {
  const elsewhere: Resource = { ...kernel, pool: 'gone' };
  writeBuild(builds, { id, entries: made(elsewhere) });
  expect(await clean()).toEqual([
    `unreachable ${kernel.name} there is no storage pool gone; vapp clean ${id} gives it up`,
  ]);
  expect(left()).toEqual([elsewhere]);
  await cleanBuilds(connection, listBuilds(builds), { dryRun: false, forgetful: true });
  expect(left()).toEqual([]);
});

test('a volume of a pool that is not active is not forgotten', async () => {
  writeBuild(builds, { id, entries: made(disk) });
  await makeVolume(connection, disk.name);
  const there = (await connection.lookupPool(pool))!;
  await there.destroy();
  expect(await clean()).toEqual([
    `unreachable ${disk.name} the storage pool ${pool} is not active → virsh -c test:///default pool-start ${pool}`,
  ]);
  await there.start();
  expect(left()).toEqual([disk]);
});

test('what was removed before an error is known', async () => {
  writeBuild(builds, { id, entries: made({ ...disk, name: 'precious.qcow2' }, disk) });
  await makeVolume(connection, disk.name);
  const cleaned: Cleaned[] = [];
  await expect(cleanBuilds(connection, listBuilds(builds), { dryRun: false }, cleaned)).rejects.toThrow();
  expect(cleaned).toMatchObject([{ resource: disk, outcome: 'removed' }]);
});

test('leaves alone builds that run and builds on other hosts', async () => {
  writeBuild(builds, { id, pid: process.pid, entries: made(disk) });
  writeBuild(builds, { id: 'other', uri: 'qemu:///system', entries: made({ ...disk, name: 'vapp-other' }) });
  await makeVolume(connection, disk.name);
  expect(await clean()).toEqual([]);
  expect(await volumeNames(connection)).toEqual([disk.name]);
});

test.each([
  ['nobody’s', undefined, 'it does not carry the tag of this build'],
  ['another build’s', metadataOf('db', { kind: 'build' }), 'it does not carry the tag of this build'],
  ['a template', metadataOf('web'), 'it is a template'],
] as const)('keeps a domain that is %s now', async (_, metadata, reason) => {
  writeBuild(builds, { id, entries: made(domain) });
  await connection.createDomain(domainXml(domain.name, metadata));
  expect(await clean()).toEqual([`kept ${domain.name} ${reason}`]);
  expect(await domainNames(connection)).toContain(domain.name);
  expect(left()).toEqual([]);
});

test('keeps the disk of a template whose build was killed right after defining it', async () => {
  writeBuild(builds, { id, entries: made(kernel, disk) });
  await makeTemplate(connection, 'web');
  await makeVolume(connection, kernel.name);
  expect(await clean()).toEqual([
    `kept ${disk.name} it is the disk of template web`,
    `removed ${kernel.name}`,
  ]);
  expect(await volumeNames(connection)).toEqual([disk.name]);
});

test('keeps what a template boots by, too', async () => {
  const bootMedium: Resource = { kind: 'volume', pool, name: `vapp-${id}-grub.bin` };
  writeBuild(builds, { id, entries: made(bootMedium) });
  await makeTemplate(connection, 'web');
  await makeVolume(connection, bootMedium.name);
  expect(await clean()).toEqual([`kept ${bootMedium.name} template web boots by it`]);
});

describe('the disk of a template that a build was to replace', () => {
  const old = metadataOf('web', { build: 'web-20250101-000000', volume: 'vapp-web-20250101-000000.qcow2' });
  const oldDisk = old.volume ?? '';
  const dead = (uuid: string, name = oldDisk) => {
    const former = { build: old.build, uuid };
    writeBuild(builds, { id, entries: made({ kind: 'volume', pool, name, former }) });
  };
  beforeEach(() => makeVolume(connection, oldDisk));

  test('goes once it has been replaced', async () => {
    const { uuid } = await makeTemplate(connection, 'web');
    dead(uuid);
    expect(await clean()).toEqual([`removed ${oldDisk}`]);
    expect([await volumeNames(connection), left()]).toEqual([[disk.name], []]);
  });

  test('whoever has replaced it', async () => {
    const { uuid } = await makeTemplate(connection, 'web', { build: 'web-20250109-999999' });
    dead(uuid);
    expect(await clean()).toEqual([`removed ${oldDisk}`]);
  });

  test('stays while that template stands', async () => {
    const { uuid } = await connection.defineDomain(domainXml('web', old));
    dead(uuid);
    expect(await clean()).toEqual([`kept ${oldDisk} it is the disk of template web`]);
    expect([await volumeNames(connection), left()]).toEqual([[oldDisk], []]);
  });

  test('stays when nobody knows what became of the template', async () => {
    dead('00000000-0000-0000-0000-000000000000');
    expect(await clean()).toEqual([
      `kept ${oldDisk} nothing says that the template of ${old.build} was replaced`,
    ]);
    expect(await volumeNames(connection)).toEqual([oldDisk]);
  });

  test('stays when its domain has become somebody else’s', async () => {
    const { uuid } = await connection.defineDomain(domainXml('web'));
    dead(uuid);
    expect(await clean()).toEqual([expect.stringContaining('nothing says that')]);
  });

  test('stays while a clone reads it', async () => {
    const { uuid } = await makeTemplate(connection, 'web');
    const clone = { ...old, kind: 'clone', volume: 'web-1.qcow2' } as const;
    await connection.defineDomain(domainXml('web-1', clone));
    dead(uuid);
    expect(await clean()).toEqual([`kept ${oldDisk} clone web-1 reads it`]);
  });

  test('stays while a domain of anybody’s uses it', async () => {
    const { uuid } = await makeTemplate(connection, 'web');
    await connection.defineDomain(domainXml('mine').replace('undefined', oldDisk));
    dead(uuid);
    expect(await clean()).toEqual([`kept ${oldDisk} domain mine uses it`]);
    expect(await volumeNames(connection)).toContain(oldDisk);
  });

  test('a journal that names another volume as such a disk is not believed', async () => {
    const { uuid } = await makeTemplate(connection, 'web');
    await makeVolume(connection, 'precious.qcow2');
    dead(uuid, 'precious.qcow2');
    await expect(clean()).rejects.toMatchObject({
      code: 'VAPP_CLEAN_TAG',
      message: `volume ${pool}/precious.qcow2 does not carry the id of build ${old.build}`,
    });
    expect(await volumeNames(connection)).toContain('precious.qcow2');
  });
});

test('a journal that names a foreign volume is not believed', async () => {
  writeBuild(builds, { id, entries: made({ ...disk, name: 'precious.qcow2' }) });
  await makeVolume(connection, 'precious.qcow2');
  await expect(clean()).rejects.toMatchObject({
    code: 'VAPP_CLEAN_TAG',
    message: `volume ${pool}/precious.qcow2 does not carry the id of build ${id}`,
    why: 'the journal was changed by something else',
    hint: `virsh -c test:///default vol-info --pool ${pool} precious.qcow2`,
  });
  expect(await volumeNames(connection)).toEqual(['precious.qcow2']);
});

test('what one build left is removed whatever the journal of another says', async () => {
  writeBuild(builds, { id: 'aaa', entries: made({ ...disk, name: 'precious.qcow2' }) });
  writeBuild(builds, { id, entries: made(kernel) });
  await makeVolume(connection, kernel.name);
  await expect(clean()).rejects.toMatchObject({ code: 'VAPP_CLEAN_TAG' });
  expect(await volumeNames(connection)).toEqual([]);
});

test('nor one that names a directory outside of the build', async () => {
  const path = join(builds, 'precious');
  mkdirSync(path);
  writeBuild(builds, { id, entries: made({ kind: 'directory', path }) });
  await expect(clean()).rejects.toMatchObject({
    code: 'VAPP_CLEAN_TAG',
    message: `directory ${path} is not one of build ${id}`,
    hint: `ls -ld ${path}`,
  });
  expect(existsSync(path)).toBe(true);
});

test('what a newer vapp wrote down is not touched, and does not keep what others left', async () => {
  const newer = { id: 'new-20250101-abcdef', begin: { v: 2, version: '9.9.9' } };
  const theirs: Resource = { kind: 'volume', pool, name: `vapp-build-${newer.id}-kernel` };
  writeBuild(builds, { ...newer, entries: made(theirs) });
  writeBuild(builds, { id, entries: made(kernel) });
  for (const { name } of [theirs, kernel]) await makeVolume(connection, name);
  await expect(clean()).rejects.toMatchObject({
    code: 'VAPP_BUILD_NEWER',
    why: expect.stringContaining('vapp 9.9.9'),
  });
  expect(await volumeNames(connection)).toEqual([theirs.name]);
  expect(left()).toEqual([theirs]);
});
