import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory } from '../../../src/paths.js';
import { releases } from '../../../src/releases.js';
import { gatherSpecHost } from '../../../src/spec/index.js';
import { systemFiles } from '../../bootloader/target/system-files.js';
import { partitioned as emptyDisk, extImage, mebibyte } from '../../verify/disk-image.js';

const keyrings = new URL('../../../src/archive/keyrings/', import.meta.url).pathname;
const release = releases['debian-13']!;

export const rootUuid = '11111111-2222-3333-4444-555555555555';
export const bootUuid = '66666666-7777-8888-9999-aaaaaaaaaaaa';

const settings: Readonly<Record<string, string>> = {
  'etc/initramfs-tools/conf.d/few': 'MODULES=list\nCOMPRESS=gzip\n',
  'etc/initramfs-tools/modules': 'virtio_pci\nvirtio_blk\next4\n',
  'etc/default/grub.d/serial.cfg':
    'GRUB_CMDLINE_LINUX="console=ttyS0 norandmaps mitigations=off"\nGRUB_TIMEOUT=0\nGRUB_TERMINAL=console\n',
};

/** A Debian system as another builder leaves it: with kernel, initrd and grub-pc, and nothing of them in a boot sector. */
async function makeSystem(folder: string): Promise<string> {
  const overlay = join(folder, 'settings');
  for (const [path, text] of Object.entries(settings)) {
    mkdirSync(join(overlay, path, '..'), { recursive: true });
    writeFileSync(join(overlay, path), text);
  }
  const tree = join(folder, 'tree');
  const mirror = gatherSpecHost(process.env).mirror?.uri ?? release.mirror;
  await execa('mmdebstrap', [
    ...['--mode=root', '--variant=minbase', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
    ...['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    '--include=systemd-sysv,udev,linux-image-amd64,initramfs-tools,grub-pc',
    `--essential-hook=copy-in ${overlay}/etc /`,
    '--customize-hook=chroot "$1" passwd -d root',
    release.suite,
    tree,
    `deb [signed-by=${join(keyrings, release.keyring)}] ${mirror} ${release.suite} main`,
  ]);
  // Not in a hook: there devices of this machine are mounted in it.
  for (const name of readdirSync(join(tree, 'dev'))) rmSync(join(tree, 'dev', name), { recursive: true });
  return tree;
}

async function partitioned(file: string, size: number, table: string): Promise<void> {
  writeFileSync(file, '');
  truncateSync(file, size * mebibyte);
  await execa('sfdisk', ['--quiet', file], { input: table });
}

/** Writes a file system with the files of a folder into a part of a disk; places in MiB. */
async function fill(
  file: string,
  o: { at: number; size: number; uuid: string; from: string },
): Promise<void> {
  const place = ['-E', `offset=${o.at * mebibyte}`, '-U', o.uuid, '-d', o.from];
  await execa('mke2fs', ['-q', '-t', 'ext4', ...place, file, `${o.size * 1024}k`]);
}

/** MBR, and one file system for all. */
async function plainDisk(tree: string, file: string): Promise<void> {
  writeFileSync(join(tree, 'etc/fstab'), `UUID=${rootUuid} / ext4 defaults 0 1\n`);
  await partitioned(file, 1200, 'label: dos\nstart=1MiB, type=83, bootable\n');
  await fill(file, { at: 1, size: 1199, uuid: rootUuid, from: tree });
}

/** GPT with a BIOS boot partition, an EFI system partition, a /boot of its own, and the root last. */
async function splitDisk(tree: string, file: string): Promise<void> {
  writeFileSync(
    join(tree, 'etc/fstab'),
    `UUID=${rootUuid} / ext4 defaults 0 1\nUUID=${bootUuid} /boot ext4 defaults 0 2\n`,
  );
  const types = {
    bios: '21686148-6449-6E6F-744E-656564454649',
    esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
    linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  };
  const table = [
    `start=1MiB, size=1MiB, type=${types.bios}`,
    `start=2MiB, size=200MiB, type=${types.linux}`,
    `start=202MiB, size=1000MiB, type=${types.linux}`,
    `start=1202MiB, size=40MiB, type=${types.esp}`,
  ];
  await partitioned(file, 1243, `label: gpt\n${table.join('\n')}\n`);
  // One sector a cluster: with fewer clusters it is no FAT32 to firmware.
  const fat32 = ['-F', '32', '-s', '1'];
  await execa('mkfs.fat', [...fat32, '--offset', String(1202 * 2048), file, String(40 * 1024)]);
  await fill(file, { at: 2, size: 200, uuid: bootUuid, from: join(tree, 'boot') });
  const boot = join(tree, 'boot');
  const aside = join(tree, '../boot');
  await execa('mv', [boot, aside]);
  mkdirSync(boot);
  await fill(file, { at: 202, size: 1000, uuid: rootUuid, from: tree });
  await execa('rm', ['-r', boot]);
  await execa('mv', [aside, boot]);
}

/** What the mapper takes for a system, and no more: for the many runs whose result nobody boots. */
async function tinyDisk(file: string): Promise<void> {
  const disk = await emptyDisk(50, 'label: dos\nstart=1MiB, type=83, bootable\n');
  (await extImage(systemFiles(), { size: 49 })).copy(disk, mebibyte);
  writeFileSync(file, disk);
}

/** Names of the images that `mapperDisks` makes. */
export const disks = ['plain', 'split', 'tiny'].map((name) => `${name}.raw`);

/** The folder with the images, which are made once for all runs. */
export async function mapperDisks(): Promise<string> {
  const recipe = createHash('sha256')
    .update(readFileSync(new URL(import.meta.url)))
    .digest('hex');
  const folder = join(cacheDirectory(), '../vapp-test-images', `mapper-${recipe.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  const work = mkdtempSync(`${folder}.part-`);
  const tree = await makeSystem(work);
  await plainDisk(tree, join(work, 'plain.raw'));
  await splitDisk(tree, join(work, 'split.raw'));
  await tinyDisk(join(work, 'tiny.raw'));
  for (const name of ['tree', 'settings']) rmSync(join(work, name), { recursive: true });
  renameSync(work, folder);
  return folder;
}
