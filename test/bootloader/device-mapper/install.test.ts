import { beforeEach, describe, expect, it } from 'vitest';
import {
  type HostJob,
  type HostResource,
  installOnHost,
} from '../../../src/bootloader/device-mapper/index.js';
import type { VappEvent } from '../../../src/events.js';
import { FakeHost, failure, plainJob } from './support.js';

const id = 'grub-20260101-abcdef';
const directory = `/state/${id}`;
const root = `${directory}/root`;
const mine = `VAPP-${id}`;

let host: FakeHost;
let events: VappEvent[];
let stop: AbortController;
/** What was made and is to be undone, the last one last. */
let held: { what: string; release: () => Promise<void> | void }[];

beforeEach(() => {
  host = new FakeHost();
  events = [];
  held = [];
  stop = new AbortController();
});

const keep = (what: string, release: () => Promise<void> | void) => void held.push({ what, release });
const undoAll = async () => {
  for (const { release } of held.toReversed()) await release();
};

const install = (job: HostJob = plainJob) =>
  installOnHost(job, {
    ...{ id, directory, signal: stop.signal, emit: (event) => void events.push(event), run: host.run },
    facts: { root: true, has: () => true },
    holder: {
      defer: keep,
      acquire: async (resource: HostResource, make, remove) => {
        host.ran.push(`journal: ${resource.kind}`);
        keep(resource.kind, remove);
        return await make();
      },
    },
    hold: async (argv) => {
      host.ran.push(argv.join(' '));
      return { pid: 42, close: async () => void host.ran.push(`end ${argv[0]}`) };
    },
  });

/** Without what only looks. */
const deeds = () =>
  host.ran.filter(
    (line) => !/^(dmsetup info|dmsetup version|losetup --json|find .*-print0|cat |lsblk)/.test(line),
  );

/** An image with a kernel and no menu. */
const withKernel = () => host.answers.push([`find ${root}/boot -maxdepth`, `${root}/boot/vmlinuz-6.1\0`]);

describe('installOnHost', () => {
  it('writes each thing down before it makes it, and gives up the lock once the names are taken', async () => {
    withKernel();
    await install();
    expect(deeds().slice(0, 8)).toEqual([
      'flock --exclusive /run/vapp-device-mapper.lock',
      'journal: loop',
      `losetup --show --find --loop-ref ${id} /images/web server.raw`,
      'journal: map',
      `dmsetup create hda --uuid ${mine} --table 0 1000000 striped 1 8 7:3 0`,
      'end flock',
      'journal: partitions',
      'kpartx -a -s /dev/mapper/hda',
    ]);
  });

  it('undoes all of it, last first', async () => {
    withKernel();
    await install();
    host.ran.length = 0;
    await undoAll();
    expect(deeds()).toEqual([
      `umount ${root}/boot/grub/device.map`,
      `find ${root}/boot/grub/device.map -empty -delete`,
      `umount --recursive ${root}`,
      'end unshare',
      'kpartx -d /dev/mapper/hda',
      'dmsetup remove --retry hda',
      'losetup --detach /dev/loop3',
    ]);
    expect([host.maps.size, host.loops.size]).toEqual([0, 0]);
  });

  it('takes the first name of which nobody has even a partition', async () => {
    withKernel();
    host.maps.set('hda1', 'someone’s');
    host.maps.set('hdb', 'someone’s');
    await install();
    expect([...host.maps.keys()]).toEqual(['hda1', 'hdb', 'hdc', 'hdc1']);
    await undoAll();
    expect([...host.maps.keys()]).toEqual(['hda1', 'hdb']);
  });

  it('removes nobody else’s map, not even when that has the name it wanted', async () => {
    const run = host.run;
    host.run = async (argv) => {
      if (argv[1] === 'create') {
        host.maps.set('hda', 'someone’s');
        throw failure('Device or resource busy');
      }
      return await run(argv);
    };
    await expect(install()).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_HOST_STEP' });
    await undoAll();
    expect([...host.maps]).toEqual([['hda', 'someone’s']]);
    expect(host.loops.size).toBe(0);
  });

  const steps = [
    'losetup --show',
    'lsblk',
    'dmsetup create',
    'kpartx -a',
    'e2fsck',
    'mount -t ext4',
    'touch',
    'grub-install',
    'mv ',
  ];
  it.each(steps)('leaves nothing behind a failure of %s, and names the command', async (start) => {
    withKernel();
    host.answers.unshift([start, failure('no luck')]);
    await expect(install()).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_HOST_STEP',
      message: expect.stringContaining(start.trim()),
      why: 'no luck',
      hint: expect.stringContaining('--mapper guest'),
    });
    expect(events.at(-1)).toMatchObject({ type: 'step', state: 'failed' });
    await undoAll();
    expect([host.maps.size, host.loops.size]).toEqual([0, 0]);
    expect(host.ran.filter((line) => line.startsWith('end ')).includes('end flock')).toBe(true);
  });

  it.each(steps)('ends after %s when a signal comes, with its reason', async (start) => {
    withKernel();
    const run = host.run;
    host.run = async (argv) => {
      if (argv.join(' ').startsWith(start)) stop.abort(failure('cancelled'));
      return await run(argv);
    };
    await expect(install()).rejects.toMatchObject({ why: 'cancelled' });
    await undoAll();
    expect([host.maps.size, host.loops.size]).toEqual([0, 0]);
  });

  it('removes partitions by their tag when kpartx cannot', async () => {
    withKernel();
    await install();
    host.answers.unshift(['kpartx -d', failure('the partition table is gone')]);
    await undoAll();
    expect(host.maps.size).toBe(0);
  });

  it('tells each command as it begins', async () => {
    withKernel();
    await install();
    expect(events).toContainEqual({
      ...{ type: 'step', step: 'loop device', state: 'start' },
      detail: `device=$(losetup --show --find --loop-ref ${id} '/images/web server.raw')`,
    });
    expect(events).toContainEqual(
      expect.objectContaining({ detail: expect.stringContaining('striped 1 8 7:3 0') }),
    );
  });
});

describe('the menu', () => {
  it('stays when it boots a kernel that is there', async () => {
    withKernel();
    host.answers.push([`find ${root}/boot/grub/grub.cfg`, `${root}/boot/grub/grub.cfg\0`]);
    host.answers.push([`cat ${root}/boot/grub/grub.cfg`, 'linux /boot/vmlinuz-6.1 root=UUID=aaaa-root ro\n']);
    await install();
    expect(deeds().filter((line) => line.startsWith('tee ') && line.includes('grub.cfg'))).toEqual([]);
    expect(deeds().filter((line) => line.startsWith('mv '))).toEqual([]);
    expect(events).toContainEqual({ type: 'notice', text: 'the menu that is there stays' });
  });

  it('stays whatever it says when the image’s own update-grub is not wanted', async () => {
    host.answers.push([`find ${root}/boot/grub/grub.cfg`, `${root}/boot/grub/grub.cfg\0`]);
    host.answers.push([`cat ${root}/boot/grub/grub.cfg`, 'set timeout=5\n']);
    await install({ ...plainJob, trusted: true, updateGrub: 'never' });
    expect(deeds().filter((line) => /^(mv|chroot) /.test(line))).toEqual([]);
  });

  it('cannot be made without a kernel', async () => {
    await expect(install()).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_NO_KERNEL' });
    await undoAll();
    expect(host.maps.size).toBe(0);
  });

  it('is the image’s own business when that is trusted', async () => {
    await install({ ...plainJob, trusted: true });
    expect(deeds().at(-1)).toMatch(/^chroot .* update-grub$/);
  });
});
