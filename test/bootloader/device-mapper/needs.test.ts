import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeMapName, freeNbd } from '../../../src/bootloader/device-mapper/names.js';
import { needHost } from '../../../src/bootloader/device-mapper/needs.js';
import { FakeHost, failure, plainJob, richJob } from './support.js';

const all = { root: true, has: () => true };
const refusal = (why: unknown, hint: unknown = expect.stringContaining('--mapper guest')) => ({
  code: 'VAPP_HOST_MAPPER',
  why,
  hint,
});

describe('needHost', () => {
  it('is content with a host that has everything', async () => {
    const host = new FakeHost();
    await expect(needHost(plainJob, host.run, all)).resolves.toBeUndefined();
  });

  it('asks for root before anything else', async () => {
    const host = new FakeHost();
    await expect(needHost(plainJob, host.run, { root: false, has: () => false })).rejects.toMatchObject(
      refusal('it needs root'),
    );
    expect(host.ran).toEqual([]);
  });

  it.each([
    ['kpartx', 'apt install kpartx'],
    ['grub-install', 'apt install grub2-common'],
    ['/usr/lib/grub/i386-pc', 'apt install grub-pc-bin'],
    ['dmsetup', 'apt install dmsetup'],
  ])('names the package of a missing %s', async (missing, command) => {
    const facts = { root: true, has: (name: string) => name !== missing };
    await expect(needHost(plainJob, new FakeHost().run, facts)).rejects.toMatchObject(
      refusal(`${missing} missing`, `${command}, or --mapper guest, which needs no privilege`),
    );
  });

  it('asks for what the job needs and nothing else', async () => {
    const asked = async (job: typeof plainJob) => {
      const names: string[] = [];
      const has = (name: string) => names.push(name) > 0;
      await needHost(job, new FakeHost().run, { root: true, has });
      return names;
    };
    expect(await asked(plainJob)).toEqual(
      expect.arrayContaining(['losetup', 'e2fsck', '/usr/lib/grub/i386-pc']),
    );
    expect(await asked(plainJob)).not.toContain('qemu-nbd');
    const uefi = await asked({ ...richJob, firmware: ['uefi'] });
    expect(uefi).toEqual(expect.arrayContaining(['qemu-nbd', '/usr/lib/grub/x86_64-efi']));
    expect(uefi).not.toContain('/usr/lib/grub/i386-pc');
  });

  it.each([
    ['dmsetup version', 'the kernel has no device-mapper here (no luck)'],
    ['losetup', 'there are no loop devices here, or losetup is older than util-linux 2.40 (no luck)'],
  ])('says what %s says', async (start, why) => {
    const host = new FakeHost();
    host.answers.push([start, failure('no luck')]);
    await expect(needHost(plainJob, host.run, all)).rejects.toMatchObject(refusal(why));
  });
});

describe('freeMapName', () => {
  it.each([
    [[], 'hda'],
    [['hdb', 'vg-root'], 'hda'],
    [['hda'], 'hdb'],
    [['hda3'], 'hdb'],
  ])('beside %j is %s', (taken, name) => {
    expect(freeMapName(taken)).toBe(name);
  });

  it('ends with hdz', () => {
    const taken = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `hd${letter}`);
    expect(freeMapName(taken.filter((name) => name !== 'hdz'))).toBe('hdz');
    expect(() => freeMapName(taken)).toThrow(expect.objectContaining(refusal(expect.any(String))));
  });
});

describe('freeNbd', () => {
  let block: string;
  beforeEach(() => {
    block = mkdtempSync(join(tmpdir(), 'vapp-block-'));
  });
  afterEach(() => rmSync(block, { recursive: true }));
  const device = (name: string, served = false) => {
    mkdirSync(join(block, name));
    if (served) writeFileSync(join(block, name, 'pid'), '7\n');
  };

  it('is the first that nobody serves, by number', async () => {
    for (const name of ['nbd0', 'nbd1', 'nbd2']) device(name, true);
    for (const name of ['nbd10', 'nbd9', 'vda']) device(name);
    const host = new FakeHost();
    expect(await freeNbd(host.run, block)).toBe('/dev/nbd9');
    expect(host.ran).toEqual([]);
  });

  it('loads the driver, and says when all are in use', async () => {
    const host = new FakeHost();
    await expect(freeNbd(host.run, block)).rejects.toMatchObject(
      refusal('all network block devices are in use'),
    );
    expect(host.ran).toEqual(['modprobe nbd']);
  });
});
