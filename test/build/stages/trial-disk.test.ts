import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTrialDisk } from '../../../src/build/stages/trial-disk.js';
import type { Connection, Volume } from '../../../src/libvirt/index.js';
import type { Engine } from '../../../src/plan/plan.js';
import { plan } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';
import { pool, volumeNames } from '../../template/support.js';
import { bootableDos, grubConfig, rootFiles } from '../../verify/disk-image.js';
import { stageDouble } from '../stage-double.js';
import { temporary } from '../support.js';

let connection: Connection;
let build: Awaited<ReturnType<typeof stageDouble>>;
beforeEach(async () => {
  connection = await openInline();
  build = await stageDouble(connection);
});
afterEach(async () => {
  await connection.close();
});

const credentials = { 'systemd.extra-unit.x.service': '[Unit]\n' };

/** The trial disk of a finished disk, and what was uploaded for it. */
async function trialOf(engine: Engine, disk: Buffer) {
  const read = async (offset: number, length: number) => disk.subarray(offset, offset + length);
  build.prepared.disk = { path: async () => '/default-pool/disk', read } as never;
  build.prepared.plan = plan(engine, { pool: { name: pool } });
  build.prepared.plan.appliance.disk.size = disk.length;
  let uploaded = '';
  // libvirt's mock driver takes no uploads.
  const { createVolume } = build.prepared.pool;
  vi.spyOn(build.prepared.pool, 'createVolume').mockImplementation(async function (this: never, xml) {
    const volume: Volume = await createVolume.call(build.prepared.pool, xml);
    vi.spyOn(volume, 'upload').mockImplementation(async (file) => {
      uploaded = join(temporary(), 'image');
      await execa('cp', [String(file), uploaded]);
    });
    return volume;
  });
  return { trial: await makeTrialDisk(build.context, build.prepared, credentials), uploaded };
}

test('where SMBIOS carries credentials the overlay is libvirt’s own', async () => {
  const { trial, uploaded } = await trialOf('kvm', await bootableDos());
  expect(trial).toEqual({
    path: `/default-pool/${build.prepared.plan.names.overlay}`,
    credentials,
    asked: true,
  });
  expect(uploaded).toBe('');
});

test.each(['xen-pvh', 'xen-pv', 'xen-hvm'] as const)(
  'on %s they stand in the overlay’s menu',
  async (engine) => {
    const menu = `${grubConfig()}# ${'room '.repeat(100)}\n`;
    const { trial, uploaded } = await trialOf(engine, await bootableDos(rootFiles(menu)));
    expect(trial).toMatchObject({ credentials: {}, asked: true });
    const encoded = Buffer.from('[Unit]\n').toString('base64');
    expect(readFileSync(uploaded, 'latin1')).toContain(
      ` ro quiet systemd.set_credential_binary=systemd.extra-unit.x.service:${encoded}\n`,
    );
    expect(await volumeNames(connection)).toEqual([build.prepared.plan.names.overlay]);
  },
);

test('a disk without a menu that can be read is not asked', async () => {
  const files = rootFiles();
  delete files['/boot/grub/grub.cfg'];
  const { trial, uploaded } = await trialOf('xen-pvh', await bootableDos(files));
  expect(trial).toMatchObject({ credentials: {}, asked: false });
  expect(uploaded).toBe('');
});
