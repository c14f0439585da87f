import { describe, expect, it } from 'vitest';
import { hostPartitions } from '../../../src/bootloader/device-mapper/index.js';
import type { FileTree, FoundVolume } from '../../../src/verify/index.js';

/** A file system with these files. */
const tree = (files: Record<string, string>): FileTree => ({
  find: async (path) => {
    const text = files[path];
    if (text === undefined && path !== '/') return undefined;
    return {
      kind: text === undefined ? 'directory' : 'file',
      size: text?.length ?? 0,
      read: async () => Buffer.from(text ?? ''),
      list: async () => Object.keys(files).map((name) => name.slice(1)),
    };
  },
});

const volume = (number: number, type: string, files?: Record<string, string>): FoundVolume => ({
  partition: { number, start: 0, size: 0, type: '83', uuid: `abcd-0${number}`, name: `part${number}` },
  content: { type, uuid: `uuid-${number}`, label: `label${number}` },
  ...(files && { tree: tree(files) }),
  problems: [],
});
const kernels = { '/vmlinuz-6.1': '' };
const disk = (bootLine: string): FoundVolume[] => [
  volume(1, 'vfat', {}),
  volume(2, 'ext4', kernels),
  volume(3, 'ext4', kernels),
  volume(4, 'ext4', { '/etc/fstab': `# /boot was on 3\nUUID=uuid-4 / ext4 defaults 0 1\n${bootLine}\n` }),
];

describe('hostPartitions', () => {
  it.each([
    'UUID=uuid-2 /boot ext4 defaults 0 2',
    'UUID="UUID-2"\t/boot\text4 defaults',
    'LABEL=label2 /boot ext4 defaults 0 2',
    'PARTUUID=abcd-02 /boot ext4 defaults 0 2',
    'PARTLABEL=part2 /boot ext4 defaults 0 2',
    '/dev/sda2 /boot ext4 defaults 0 2',
    '/dev/nvme0n1p2 /boot ext4 defaults 0 2',
    '/dev/mapper/hda2 /boot ext4 defaults 0 2',
  ])('finds the /boot of fstab’s %s', async (line) => {
    expect(await hostPartitions(disk(line), { root: '4' })).toEqual({
      root: { number: 4, type: 'ext4', uuid: 'uuid-4' },
      boot: { number: 2, type: 'ext4', uuid: 'uuid-2' },
    });
  });

  it.each(['#UUID=uuid-2 /boot ext4 defaults 0 2', 'UUID=uuid-2 /boot/efi vfat defaults 0 2'])(
    'has no /boot for %s, whatever else holds kernels',
    async (line) => {
      expect(await hostPartitions(disk(line), { root: '4' })).not.toHaveProperty('boot');
    },
  );

  it('refuses a /boot that is elsewhere', async () => {
    await expect(hostPartitions(disk('UUID=gone /boot ext4 defaults'), { root: '4' })).rejects.toMatchObject({
      code: 'VAPP_HOST_MAPPER',
      why: expect.stringContaining('UUID=gone'),
    });
  });

  it('takes the one file system with kernels where fstab cannot be read', async () => {
    const volumes = [volume(1, 'vfat', {}), volume(2, 'ext4', kernels), volume(3, 'xfs')];
    expect(await hostPartitions(volumes, { root: '3', esp: 1 })).toEqual({
      root: { number: 3, type: 'xfs', uuid: 'uuid-3' },
      boot: { number: 2, type: 'ext4', uuid: 'uuid-2' },
      esp: { number: 1, type: 'vfat', uuid: 'uuid-1' },
    });
    expect(await hostPartitions([...volumes, volume(4, 'ext4', kernels)], { root: '3' })).not.toHaveProperty(
      'boot',
    );
  });

  it('does not go into LVM or what it cannot mount, and asks for a root that only a mount would show', async () => {
    const volumes = [volume(1, 'luks')];
    for (const root of ['vg0/root', '1'])
      await expect(hostPartitions(volumes, { root })).rejects.toMatchObject({ code: 'VAPP_HOST_MAPPER' });
    await expect(hostPartitions(volumes, {})).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_NO_ROOT',
      hint: expect.stringContaining('--root'),
    });
  });
});
