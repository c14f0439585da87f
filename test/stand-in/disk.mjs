// The stand-in system: a tree that the real finisher can work on, as a disk of one ext4 partition.
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { execa } from 'execa';
import { fileType, writeCpio } from '../../dist/installer/index.js';

const MiB = 2 ** 20;
const partition = { start: MiB, size: 36 * MiB };

export const guestFile = (name) => readFile(new URL(`./guest/${name}`, import.meta.url));

/** A newc archive of `[path, content, permissions]`, with the directories above each. */
export function archiveOf(files) {
  const entries = new Map();
  for (const [path, data, permissions = 0o755] of files) {
    const parts = path.split('/').slice(0, -1);
    for (const [index] of parts.entries()) {
      const folder = parts.slice(0, index + 1).join('/');
      entries.set(folder, { path: folder, mode: fileType.directory | 0o755 });
    }
    entries.set(path, { path, mode: fileType.file | permissions, data: Buffer.from(data) });
  }
  return writeCpio([...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
}

/** Files of an initrd: the shell, the modules in the order of loading, our library and a first process. */
export const initrdFiles = async ({ busybox, modules }, init) => [
  ['init', await guestFile(init)],
  ['usr/bin/busybox', busybox],
  ['stand-in/lib.sh', await guestFile('lib.sh')],
  ['stand-in/modules/order', modules.map(({ name }) => `${name}.ko\n`).join('')],
  ...modules.map(({ name, data }) => [`stand-in/modules/${name}.ko`, data]),
  ...['proc', 'sys', 'dev'].map((name) => [`${name}/.keep`, '']),
];

const folders = [
  ...['boot/grub', 'dev', 'proc', 'run', 'sys', 'root', 'tmp', 'var/tmp', 'var/log', 'var/lib/apt/lists'],
  ...['var/lib/dpkg/info', 'var/cache/apt/archives', 'var/cache/debconf', 'etc/network', 'usr/bin'],
];
const applets = ['sh', 'env', 'cat', 'ln', 'grep', 'mount', 'sleep', 'date', 'poweroff', 'printf', 'true'];

async function fillRoot(root, { kernel, kernelVersion, busybox, initrd }) {
  const write = async (path, data, mode = 0o755) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), data, { mode });
  };
  for (const folder of [...folders, `usr/lib/modules/${kernelVersion}`])
    await mkdir(join(root, folder), { recursive: true });
  for (const [link, target] of Object.entries({ bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib' }))
    await symlink(target, join(root, link));
  for (const applet of applets) await symlink('busybox', join(root, 'usr/bin', applet));
  await write('usr/bin/busybox', busybox);
  await write('usr/sbin/init', await guestFile('system-init'));
  for (const name of ['update-initramfs', 'update-grub'])
    await write(`usr/sbin/${name}`, await guestFile(name));
  await write('usr/lib/stand-in/lib.sh', await guestFile('lib.sh'));
  await write('usr/lib/stand-in/initrd', initrd, 0o644);
  await write(`boot/vmlinuz-${kernelVersion}`, await readFile(kernel), 0o644);
  await write('etc/debian_version', '13.0\n', 0o644);
  await write('etc/machine-id', '', 0o444);
  await write('var/lib/dpkg/diversions', '', 0o644);
}

/** A master boot record with one active Linux partition. */
function bootRecord() {
  const sector = Buffer.alloc(512);
  const entry = 0x1be;
  sector[entry] = 0x80;
  sector[entry + 4] = 0x83;
  sector.writeUInt32LE(partition.start / 512, entry + 8);
  sector.writeUInt32LE(partition.size / 512, entry + 12);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** The disk that the stand-in's installer writes: as it is, since unpacking is what takes time under emulation. `parts`: busybox, modules, kernel (a path), kernelVersion. */
export async function makeDisk(parts) {
  const scratch = await mkdtemp(join(tmpdir(), 'vapp-stand-in-'));
  try {
    const initrd = await promisify(gzip)(archiveOf(await initrdFiles(parts, 'system-initrd')));
    const image = join(scratch, 'disk');
    await fillRoot(join(scratch, 'root'), { ...parts, initrd });
    const file = await open(image, 'w');
    await file.truncate(partition.start + partition.size);
    await file.write(bootRecord(), 0, 512, 0);
    await file.close();
    const options = [
      '-q',
      '-F',
      '-E',
      `offset=${partition.start},root_owner=0:0`,
      '-d',
      join(scratch, 'root'),
    ];
    await execa('mke2fs', ['-t', 'ext4', ...options, image, `${partition.size / 1024}k`], {
      env: { LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    return await readFile(image);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
