import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { programFor } from '../../bootloader/target/system-files.js';
import { coreImage, installGrub } from '../../verify/core-image.js';
import { type Files, inDirectory, mebibyte, partitioned } from '../../verify/disk-image.js';
import { type FileSystem, fileSystem, sizes } from './file-systems.js';
import { type Ingredients, initrdWith, lvmInit, systemFiles } from './system.js';

const rootUuid = '11111111-2222-4333-8444-555555555555';
const bootUuid = '99999999-8888-4777-8666-555555555555';
const biosBoot = '21686148-6449-6E6F-744E-656564454649';

async function compose(size: number, script: string, parts: Record<number, Buffer>): Promise<Buffer> {
  const disk = await partitioned(size, script);
  for (const [sector, bytes] of Object.entries(parts)) bytes.copy(disk, Number(sector) * 512);
  return disk;
}

const withBoot = (boot: Files): Files =>
  Object.fromEntries(Object.entries(boot).map(([path, content]) => [`/boot${path}`, content]));

/** A root file system with its /boot. */
async function rootOf(
  o: Ingredients,
  name: string,
  type: FileSystem = 'ext4',
  uuid = rootUuid,
): Promise<Buffer> {
  const { boot, rest } = await systemFiles(o, name);
  return await fileSystem(type, { ...withBoot(boot), ...rest }, uuid);
}

const sectorsOf = (type: FileSystem): number => sizes[type] * 2048;
const mbr = (type: FileSystem = 'ext4', start = 2048): string =>
  `label: dos\nstart=${start}, size=${sectorsOf(type)}, type=83\n`;

/** A disk with an MBR and one partition. */
export const onMbr = async (
  o: Ingredients,
  name: string,
  { type = 'ext4' as FileSystem, start = 2048 } = {},
): Promise<Buffer> =>
  await compose(sizes[type] + 2, mbr(type, start), { [start]: await rootOf(o, name, type) });

const esp = (): Promise<Buffer> =>
  inDirectory(async (folder) => {
    const image = join(folder, 'image');
    await execa('truncate', ['-s', '64M', image]);
    await execa('mkfs.fat', ['-F', '32', '-i', '0badcafe', image]);
    return await readFile(image);
  });

/** GPT: an ESP of 64 MiB when asked for, the root of 96 MiB, a BIOS boot partition when asked for. */
export async function onGpt(
  o: Ingredients,
  name: string,
  has: { esp?: boolean; bios?: boolean },
): Promise<Buffer> {
  const root = has.esp ? 133_120 : 2048;
  const end = root + sectorsOf('ext4');
  const lines = [
    'label: gpt',
    ...(has.esp ? ['start=2048, size=131072, type=U'] : []),
    `start=${root}, size=${sectorsOf('ext4')}, type=L`,
    ...(has.bios ? [`start=${end}, size=2048, type=${biosBoot}`] : []),
  ];
  const parts: Record<number, Buffer> = { [root]: await rootOf(o, name) };
  if (has.esp) parts[2048] = await esp();
  return await compose(end / 2048 + 2, `${lines.join('\n')}\n`, parts);
}

export async function separateBoot(o: Ingredients): Promise<Buffer> {
  const { boot, rest } = await systemFiles(o, 'separate-boot');
  const fstab = `UUID=${rootUuid} / ext4 defaults 0 1\nUUID=${bootUuid} /boot ext2 defaults 0 2\n`;
  const root = await fileSystem('ext4', { ...rest, '/etc/fstab': fstab, '/boot/.keep': '' }, rootUuid);
  const second = 2048 + sectorsOf('ext2');
  const script = `label: dos\nstart=2048, size=${sectorsOf('ext2')}, type=83\nstart=${second}, type=83\n`;
  const parts = { 2048: await fileSystem('ext2', boot, bootUuid), [second]: root };
  return await compose(sizes.ext2 + sizes.ext4 + 2, script, parts);
}

/** A guest puts the root into vg0/root: lvm(8) needs device-mapper. */
export const onLvm = (o: Ingredients): Promise<Buffer> =>
  inDirectory(async (folder) => {
    const path = (name: string): string => join(folder, name);
    await writeFile(path('disk'), await partitioned(sizes.ext4 + 10, 'label: dos\nstart=2048, type=8e\n'));
    await writeFile(path('root'), await rootOf(o, 'lvm-root'));
    await writeFile(path('kernel'), o.kernel);
    await writeFile(path('initrd'), initrdWith(o.guest, await lvmInit()));
    const { stdout } = await execa('qemu-system-x86_64', [
      ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', '1024', '-no-reboot'],
      ...['-display', 'none', '-nodefaults', '-serial', 'stdio'],
      ...['-kernel', path('kernel'), '-initrd', path('initrd')],
      ...['-append', 'console=ttyS0 quiet panic=-1 no_timer_check'],
      ...['-drive', `if=virtio,format=raw,file=${path('disk')}`],
      ...['-drive', `if=virtio,format=raw,file=${path('root')}`],
    ]);
    if (!stdout.includes('volume is made')) throw new Error(stdout);
    return await readFile(path('disk'));
  });

export async function twoRoots(o: Ingredients): Promise<Buffer> {
  const second = 2048 + sectorsOf('ext4');
  const script = `label: dos\nstart=2048, size=${sectorsOf('ext4')}, type=83\nstart=${second}, type=83\n`;
  const parts = { 2048: await rootOf(o, 'first'), [second]: await rootOf(o, 'second', 'ext4', bootUuid) };
  return await compose(2 * sizes.ext4 + 2, script, parts);
}

export async function encrypted(): Promise<Buffer> {
  const head = Buffer.alloc(mebibyte);
  head.write('LUKS\xba\xbe\0\x02', 0, 'latin1');
  return await compose(sizes.ext4 + 2, mbr(), { 2048: head });
}

/** The first sector of GRUB legacy's stage1. */
export async function legacySector(o: Ingredients): Promise<Buffer> {
  const disk = await onMbr(o, 'grub-legacy');
  Buffer.from([0xeb, 0x48, 0x90]).copy(disk);
  Buffer.from([0x03, 0x02, 0xff]).copy(disk, 0x3e);
  disk.write('GRUB \0Geom\0Hard Disk\0Read\0 Error', 0x17f, 'latin1');
  return disk;
}

export async function corruptedCore(o: Ingredients): Promise<Buffer> {
  const disk = await onMbr(o, 'corrupted-core');
  const core = coreImage();
  core.fill(0x5a, core.length - 512);
  installGrub(disk, 1, core);
  return disk;
}

/** A disk whose root these commands of debugfs(8) have changed. */
async function damagedBy(o: Ingredients, name: string, commands: readonly string[]): Promise<Buffer> {
  const root = await inDirectory(async (folder) => {
    const image = join(folder, 'image');
    await writeFile(image, await rootOf(o, name));
    for (const command of commands) await execa('debugfs', ['-w', '-R', command, image]);
    return await readFile(image);
  });
  return await compose(sizes.ext4 + 2, mbr(), { 2048: root });
}

/** Not unmounted, and with a wrong count of free blocks: `e2fsck -p` corrects that. */
export const dirty = (o: Ingredients): Promise<Buffer> =>
  damagedBy(o, 'dirty', ['set_super_value state 0', 'set_super_value free_blocks_count 1']);

/** A superblock that says of itself that it has errors, and a directory that is damaged beyond `e2fsck -p`. */
export const damaged = (o: Ingredients): Promise<Buffer> =>
  damagedBy(o, 'damaged', [
    'set_super_value state 2',
    'clri /etc/default',
    'set_inode_field /usr/bin links_count 77',
  ]);

export const noRoot = async (): Promise<Buffer> =>
  await compose(66, mbr('ext2'), { 2048: await fileSystem('ext2', { '/data': 'x' }, rootUuid) });

export async function foreign(o: Ingredients): Promise<Buffer> {
  const { boot, rest } = await systemFiles(o, 'foreign');
  const files = { ...withBoot(boot), ...rest, '/usr/bin/busybox': programFor(183) };
  return await compose(98, mbr(), { 2048: await fileSystem('ext4', files, rootUuid) });
}
