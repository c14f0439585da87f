import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { type HostJob, procedureOf } from '../../../src/bootloader/device-mapper/index.js';
import { plainJob, richJob } from './support.js';

const jobs: [name: string, job: HostJob][] = [
  ['raw, BIOS, not trusted', plainJob],
  ['raw, BIOS, trusted', { ...plainJob, trusted: true }],
  ['qcow2, BIOS and UEFI, /boot, trusted', richJob],
  ['qcow2, BIOS and UEFI, /boot, not trusted', { ...richJob, trusted: false }],
];

describe('the procedure', () => {
  it('is what a person would type for an image that is not trusted', () => {
    expect(procedureOf(plainJob)).toEqual([
      `device=$(losetup --show --find --loop-ref grub '/images/web server.raw')`,
      'numbers=$(lsblk --noheadings --nodeps --raw --output MAJ:MIN "$device")',
      'dmsetup create hda --uuid VAPP-grub --table "0 1000000 striped 1 8 $numbers 0"',
      'kpartx -a -s /dev/mapper/hda',
      'e2fsck -p /dev/mapper/hda1',
      'unshare --mount --pid --net --fork --kill-child --mount-proc',
      'mkdir -p /run/vapp/root',
      'mount -t ext4 -o nodev,nosuid,noexec,nosymfollow /dev/mapper/hda1 /run/vapp/root',
      `echo '(hd0) /dev/mapper/hda' | tee /run/vapp/device.map`,
      'mkdir -p /run/vapp/root/boot/grub',
      'touch /run/vapp/root/boot/grub/device.map',
      'mount --bind /run/vapp/device.map /run/vapp/root/boot/grub/device.map',
      'grub-install --target=i386-pc --boot-directory=/run/vapp/root/boot --no-floppy /dev/mapper/hda',
      'tee /run/vapp/root/boot/grub/grub.cfg.vapp # a menu of the kernels that are there',
      'mv /run/vapp/root/boot/grub/grub.cfg.vapp /run/vapp/root/boot/grub/grub.cfg',
      'umount /run/vapp/root/boot/grub/device.map',
      'find /run/vapp/root/boot/grub/device.map -empty -delete',
      'umount --recursive /run/vapp/root',
      'exit',
      'kpartx -d /dev/mapper/hda',
      'dmsetup remove --retry hda',
      'losetup --detach "$device"',
    ]);
  });

  it.each(jobs)('is shell: %s', (_, job) => {
    expect(execaSync('sh', ['-n'], { input: procedureOf(job).join('\n') }).stderr).toBe('');
  });

  it('runs nothing of the image unless it is trusted', () => {
    const runsImage = (job: HostJob) => procedureOf(job).some((line) => line.startsWith('chroot '));
    expect(jobs.map(([, job]) => runsImage(job))).toEqual([false, true, true, false]);
  });

  it('follows no link of an image that is not trusted, and no device or set-user-id of any', () => {
    for (const [, job] of jobs) {
      const mounts = procedureOf(job).filter(
        (line) => line.includes(' /dev/mapper/hda') && line.startsWith('mount '),
      );
      const options = job.trusted ? 'nodev,nosuid' : 'nodev,nosuid,noexec,nosymfollow';
      expect(mounts.length).toBe(job.esp ? 3 : 1);
      for (const line of mounts) expect(line).toContain(`-o ${options} `);
    }
  });

  it('ends every mount, map and device that it makes, in reverse', () => {
    const lines = procedureOf(richJob);
    const targets = (verb: RegExp) =>
      lines.filter((line) => verb.test(line)).map((line) => line.split(' ').at(-1));
    expect(targets(/^umount /)).toEqual(targets(/^mount /).toReversed());
    expect(lines.slice(-4)).toEqual([
      'exit',
      'kpartx -d /dev/mapper/hda',
      'dmsetup remove --retry hda',
      'qemu-nbd --disconnect /dev/nbd0',
    ]);
  });

  it('mounts /boot and the ESP, and leaves the ESP alone for BIOS only', () => {
    const mounted = (job: HostJob) =>
      procedureOf(job).flatMap(
        (line) => /^mount -t \w+ -o \S+ (\/dev\/mapper\/\w+) (\S+)$/.exec(line)?.slice(1).join(' ') ?? [],
      );
    expect(mounted(richJob)).toEqual([
      '/dev/mapper/hda4 /run/vapp/root',
      '/dev/mapper/hda3 /run/vapp/root/boot',
      '/dev/mapper/hda2 /run/vapp/root/boot/efi',
    ]);
    expect(mounted({ ...richJob, firmware: ['bios'] })).toHaveLength(2);
  });

  it.each([
    [['bios'], ['i386-pc']],
    [['uefi'], ['x86_64-efi']],
    [
      ['bios', 'uefi'],
      ['i386-pc', 'x86_64-efi'],
    ],
  ] as const)('installs GRUB for %s', (firmware, targets) => {
    const lines = procedureOf({ ...richJob, firmware }).filter((line) => line.startsWith('grub-install '));
    expect(lines.map((line) => / --target=(\S+)/.exec(line)?.[1])).toEqual(targets);
  });

  it('gives update-grub the links by which it names the root by UUID, in a /dev of its own', () => {
    const lines = procedureOf(richJob);
    expect(lines.filter((line) => line.startsWith('ln '))).toEqual([
      'ln --symbolic ../../mapper/hda4 /run/vapp/root/dev/disk/by-uuid/aaaa-root',
      'ln --symbolic ../../mapper/hda3 /run/vapp/root/dev/disk/by-uuid/bbbb-boot',
      'ln --symbolic ../../mapper/hda2 /run/vapp/root/dev/disk/by-uuid/CCCC-ESP',
    ]);
    expect(lines.findIndex((line) => line.endsWith(' tmpfs /run/vapp/root/dev'))).toBeLessThan(
      lines.findIndex((line) => line.startsWith('ln ')),
    );
  });

  it('checks only file systems that e2fsck knows', () => {
    expect(procedureOf(richJob).filter((line) => line.startsWith('e2fsck '))).toEqual([
      'e2fsck -p /dev/mapper/hda3',
    ]);
  });

  it('runs nothing of a trusted image either when that is not wanted', () => {
    const job: HostJob = { ...plainJob, updateGrub: 'never' };
    expect(procedureOf({ ...job, trusted: true })).toEqual(procedureOf(job));
    expect(procedureOf(job).join('\n')).not.toContain('chroot');
  });
});
