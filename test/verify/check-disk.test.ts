import { beforeAll, describe, expect, it } from 'vitest';
import { checkDisk, type DiskReport } from '../../src/verify/check-disk.js';
import { openDisk } from '../../src/verify/disk.js';
import { coreImage, installGrub } from './core-image.js';
import {
  bootableDos,
  bootableGpt,
  extImage,
  grubConfig,
  mebibyte,
  partitioned,
  rootFiles,
  rootUuid,
  sourceOf,
} from './disk-image.js';

const check = async (bytes: Buffer): Promise<DiskReport> =>
  await checkDisk(await openDisk(sourceOf(bytes), bytes.length));

let dos: Buffer;
let gpt: Buffer;
beforeAll(async () => {
  dos = await bootableDos();
  gpt = await bootableGpt();
});

describe('checkDisk', () => {
  it('finds all that a BIOS needs on a disk with an MBR', async () => {
    const report = await check(dos);
    expect(report).toMatchObject({
      bootable: 'yes',
      size: 10 * mebibyte,
      table: { kind: 'dos', id: '0badcafe', problems: [] },
      partitions: [
        {
          number: 1,
          start: mebibyte,
          type: '83',
          active: true,
          uuid: '0badcafe-01',
          content: { type: 'ext4', uuid: rootUuid, label: 'root' },
        },
      ],
      bios: { bootable: 'yes', bootCode: 'grub2', problems: [], notes: [] },
    });
    expect(report.bios.core).toMatchObject({
      sector: 1,
      area: [1, 2047],
      prefix: '(,msdos1)/boot/grub',
      modules: ['ext2', 'part_msdos', 'part_gpt', 'biosdisk'],
    });
    expect(report.bios.menus).toEqual([
      {
        partition: 1,
        path: '/boot/grub/grub.cfg',
        entries: [
          {
            title: 'Debian GNU/Linux',
            search: rootUuid,
            kernel: '/boot/vmlinuz-6.12',
            initrds: ['/boot/initrd.img-6.12'],
            root: `UUID=${rootUuid}`,
          },
        ],
      },
    ]);
  });

  it('finds all that a BIOS needs on a disk with a GPT', async () => {
    const report = await check(gpt);
    expect(report).toMatchObject({
      bootable: 'yes',
      table: { kind: 'gpt', gpt: { primary: 'good', backup: 'good', hybrid: false }, problems: [] },
      partitions: [{ name: 'boot code' }, { name: 'root', content: { type: 'ext4' } }],
      bios: { problems: [], notes: [], core: { sector: 2048, area: [2048, 4095] } },
    });
  });

  const damages: [string, (bytes: Buffer) => void, string][] = [
    ['an empty disk', (bytes) => bytes.fill(0), 'The first sector has no boot signature 55 aa.'],
    ['no boot code', (bytes) => bytes.fill(0, 0, 440), 'The first sector has no boot code.'],
    [
      'a core elsewhere',
      (bytes) => bytes.writeUInt32LE(9000, 0x5c),
      "GRUB's core image is not whole: sector 9000 does not hold the first sector of a core.",
    ],
    [
      'a core beyond the end',
      (bytes) => bytes.writeUInt32LE(0xffff_ffff, 0x60),
      "GRUB's core image is not whole: it leads beyond the end of the disk or the partition.",
    ],
    [
      'an empty block list',
      (bytes) => bytes.fill(0, 512 + 0x1f4, 1024),
      "GRUB's core image is not whole: the list of the core's sectors is empty.",
    ],
    [
      'another decompressor',
      (bytes) => bytes.fill(0, 1024 + 0x100, 1024 + 0x10a),
      "GRUB's core image is not whole: its decompressor is unknown.",
    ],
    [
      'sizes that make no sense',
      (bytes) => bytes.fill(0xff, 1024 + 8, 1024 + 12),
      "GRUB's core image is not whole: it says that 4294967295 bytes in ",
    ],
    [
      'one wrong byte in the core',
      (bytes) => bytes.writeUInt8(bytes[9000]! ^ 1, 9000),
      "GRUB's core image is not whole: ",
    ],
    [
      'a core never written but for its beginning',
      (bytes) => bytes.fill(0, 1024 + 4096, mebibyte),
      "GRUB's core image is not whole: ",
    ],
    [
      'a file system that is gone',
      (bytes) => bytes.fill(0, mebibyte, mebibyte + 4096),
      'GRUB looks for /boot/grub on partition 1, which has no file system.',
    ],
    [
      'a partition that is gone',
      (bytes) => bytes.copyWithin(0x1be + 16, 0x1be, 0x1be + 16) && bytes.fill(0, 0x1be, 0x1be + 16),
      "GRUB's core looks for partition 1, which is not on this disk.",
    ],
    [
      'another file system in the place',
      (bytes) => bytes.fill(9, mebibyte + 1024 + 104, mebibyte + 1024 + 120),
      `searches for the file system ${rootUuid}, which is not on this disk.`,
    ],
  ];
  it.each(damages)('does not call bootable: %s', async (_, damage, sentence) => {
    const bytes = Buffer.from(dos);
    damage(bytes);
    const { bootable, bios } = await check(bytes);
    expect(bootable).toBe('no');
    expect(bios.problems.join('\n')).toContain(sentence);
  });

  const contents: [string, Record<string, string | Buffer>, string][] = [
    ['no menu', { '/boot/grub/i386-pc/normal.mod': 'x' }, 'There is no /boot/grub/grub.cfg on partition 1.'],
    ['no modules', { '/boot/grub/grub.cfg': grubConfig() }, 'There is no /boot/grub/i386-pc/normal.mod on'],
    ['an empty menu', rootFiles('set timeout=5\n'), 'grub.cfg on partition 1 loads no kernel.'],
    [
      'no kernel',
      { ...rootFiles(), '/boot/vmlinuz-6.12': '->../vmlinuz-of-old' },
      'loads /boot/vmlinuz-6.12, which is not on partition 1.',
    ],
    [
      'an empty initrd',
      { ...rootFiles(), '/boot/initrd.img-6.12': '' },
      'loads /boot/initrd.img-6.12, which is empty.',
    ],
    [
      'a root that only the installer knew',
      rootFiles(grubConfig().replace(/root=UUID=\S+/, 'root=/dev/mapper/hda1')),
      'has root=/dev/mapper/hda1, which exists only where GRUB was installed.',
    ],
    [
      'a root that is not there',
      rootFiles(grubConfig().replace(/root=UUID=\S+/, 'root=PARTUUID=0badcafe-02')),
      'has root=PARTUUID=0badcafe-02, which is not on this disk.',
    ],
  ];
  it.each(contents)('does not call bootable a root with %s', async (_, files, sentence) => {
    const bytes = Buffer.from(dos);
    (await extImage(files)).copy(bytes, mebibyte);
    const { bootable, bios } = await check(bytes);
    expect(bootable).toBe('no');
    expect(bios.problems.join('\n')).toContain(sentence);
  });

  it('only notes what is wrong with other entries than the first', async () => {
    const bytes = Buffer.from(dos);
    const other = "menuentry 'old' {\n  linux /boot/vmlinuz-5.10 root=/dev/sda1\n}\n";
    (await extImage(rootFiles(grubConfig() + other))).copy(bytes, mebibyte);
    expect((await check(bytes)).bios).toMatchObject({
      bootable: 'yes',
      problems: [],
      notes: [
        'The entry "old" of /boot/grub/grub.cfg on partition 1 loads /boot/vmlinuz-5.10, which is not on partition 1.',
      ],
    });
  });

  it('notes a root whose name may be another elsewhere', async () => {
    const bytes = Buffer.from(dos);
    const config = grubConfig().replace(/root=UUID=\S+/, 'root=/dev/sda1');
    (await extImage(rootFiles(config))).copy(bytes, mebibyte);
    const { bootable, notes } = (await check(bytes)).bios;
    expect({ bootable, notes: notes.join() }).toEqual({
      bootable: 'yes',
      notes: expect.stringContaining('has root=/dev/sda1: a name that may be another elsewhere.'),
    });
  });

  it.each(['PARTUUID=0badcafe-01', 'LABEL=root'])('finds the root by %s', async (root) => {
    const bytes = Buffer.from(dos);
    const config = grubConfig().replace(/root=UUID=\S+/, `root=${root}`);
    (await extImage(rootFiles(config))).copy(bytes, mebibyte);
    expect((await check(bytes)).bios).toMatchObject({ bootable: 'yes', notes: [] });
  });

  it('calls a core that cannot read the file system what it is', async () => {
    const bytes = Buffer.from(dos);
    installGrub(bytes, 1, coreImage({ modules: ['biosdisk', 'xfs'] }));
    expect((await check(bytes)).bios.problems).toEqual([
      "GRUB's core cannot read partition 1: it lacks part_msdos, ext2.",
    ]);
  });

  it('follows a core that searches for a UUID', async () => {
    const bytes = Buffer.from(dos);
    const config = `search.fs_uuid ${rootUuid} root hd0,msdos1\nset prefix=($root)'/boot/grub'\n`;
    installGrub(bytes, 1, coreImage({ prefix: '(hd0,msdos1)/boot/grub', config }));
    expect((await check(bytes)).bios).toMatchObject({ bootable: 'yes', core: { config } });
    installGrub(bytes, 1, coreImage({ config: config.replace(rootUuid, '1234-ABCD') }));
    expect((await check(bytes)).bios.problems).toEqual([
      "GRUB's core looks for the file system 1234-ABCD, which is not on this disk.",
    ]);
  });

  it('takes the second copy of a GPT when the first is bad', async () => {
    const bytes = Buffer.from(gpt);
    bytes.writeUInt8(1, 512 + 60);
    const { bootable, table } = await check(bytes);
    expect(bootable).toBe('yes');
    expect(table).toMatchObject({
      gpt: { primary: 'bad', backup: 'good' },
      problems: ['The first copy of the GPT is bad: the checksum of its header is wrong.'],
    });
  });

  it('follows boot code that starts the active partition', async () => {
    const bytes = Buffer.from(dos);
    bytes.fill(0, 0, 440);
    Buffer.from('fab800108ed0bc00b0b800008ed88ec0', 'hex').copy(bytes);
    expect((await check(bytes)).bios).toMatchObject({
      bootCode: 'parted',
      problems: ['The first sector starts partition 1, which has no boot code.'],
    });
    // As `grub-install /dev/sda1` writes it; the core stays where it is.
    dos.copy(bytes, mebibyte, 0, 440);
    bytes.writeUInt16LE(0xaa55, mebibyte + 510);
    expect((await check(bytes)).bios).toMatchObject({ bootable: 'yes', problems: [] });
    bytes.writeUInt8(0, 0x1be);
    expect((await check(bytes)).bios.problems).toEqual([
      'The first sector starts the active partition, and none is active.',
    ]);
  });

  it('does not say of other boot loaders whether they boot', async () => {
    const bytes = Buffer.from(dos);
    bytes.fill(0x90, 0, 440);
    expect(await check(bytes)).toMatchObject({ bootable: 'unknown', bios: { bootCode: 'other' } });
  });

  it('sees a core that a partition lies over', async () => {
    const bytes = await partitioned(10, 'label: dos\nstart=20, type=83\n');
    const core = coreImage();
    installGrub(bytes, 1, core);
    const last = Math.ceil(core.length / 512);
    expect((await check(bytes)).bios.problems).toContain(
      `GRUB's core lies in sectors 1 to ${last}, not in 1 to 19: it is overwritten as soon as a partition is used.`,
    );
  });
});
