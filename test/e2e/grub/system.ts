import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { debEntries, type FetchContext, fetchPackage, openSuite } from '../../../src/archive/index.js';
import { buildFinisherInitrd } from '../../../src/bootloader/index.js';
import { fileType, writeCpio } from '../../../src/installer/cpio.js';
import { cacheDirectory } from '../../../src/paths.js';
import { releases } from '../../../src/releases.js';
import { gatherSpecHost } from '../../../src/spec/index.js';
import type { Files } from '../../verify/disk-image.js';

/** What the test images are made of: files of the package archive, by no installer. */
export interface Ingredients {
  version: string;
  kernel: Buffer;
  busybox: Buffer;
  /** vapp's own guest, for its drivers and tools. */
  guest: Buffer;
  /** Firmware for UEFI: code and variables. */
  firmware: { code: Buffer; variables: Buffer };
}

const context: FetchContext = { cache: cacheDirectory(), emit: () => {} };

/** The package archive that vapp's guest comes from. */
export async function openArchive() {
  const release = releases['debian-13']!;
  const mirror = gatherSpecHost(process.env).mirror?.uri ?? release.mirror;
  const { suite: name, components, keyring } = release;
  const suite = await openSuite({ ...context, mirror, suite: name, components, keyring, arch: 'amd64' });
  const packageFile = (packageName: string) => fetchPackage(suite, suite.packages.get(packageName)!, context);
  return { release, suite, packageFile };
}

/** Names of all modules of GRUB for a BIOS. */
export async function grubModules(): Promise<string[]> {
  const { packageFile } = await openArchive();
  const names: string[] = [];
  for await (const { name } of debEntries(await packageFile('grub-pc-bin'), () => false))
    if (/^usr\/lib\/grub\/i386-pc\/.*\.mod$/.test(name)) names.push(basename(name));
  return names.sort();
}

export async function gatherIngredients(): Promise<Ingredients> {
  const { release, suite, packageFile } = await openArchive();
  const version = /linux-image-(\S+)/.exec(suite.packages.get(release.kernelPackage)!.Depends!)![1]!;
  const fileOf = async (packageName: string, path: string): Promise<Buffer> => {
    const deb = await packageFile(packageName);
    for await (const entry of debEntries(deb, (entry) => entry.name === path)) {
      if (entry.name === path && entry.data) return entry.data;
    }
    throw new Error(`${packageName} has no ${path}`);
  };
  const { path } = await buildFinisherInitrd({ ...context, suite, kernelVersion: version, kind: 'any' });
  return {
    version,
    kernel: await fileOf(`linux-image-${version}`, `boot/vmlinuz-${version}`),
    busybox: await fileOf('busybox-static', 'usr/bin/busybox'),
    guest: await readFile(path),
    firmware: {
      code: await fileOf('ovmf', 'usr/share/OVMF/OVMF_CODE_4M.fd'),
      variables: await fileOf('ovmf', 'usr/share/OVMF/OVMF_VARS_4M.fd'),
    },
  };
}

/** vapp's guest with another first process. */
export const initrdWith = (guest: Buffer, init: Buffer, path = 'init'): Buffer =>
  Buffer.concat([guest, writeCpio([{ path, mode: fileType.file | 0o755, data: init }])]);

const own = (name: string): Promise<Buffer> => readFile(new URL(name, import.meta.url));

/** Says its name, which is in no other image, and waits for somebody to log in. */
const systemInit = (name: string): string => `#!/usr/bin/busybox sh
export PATH=/usr/bin
mount -t proc proc /proc
hostname ${name}
exec getty -L 115200 ttyS0 dumb
`;

/** A system that boots to a login: kernel, initrd, one program. Files that must be executable are in `programs`. */
export async function systemFiles(
  { version, kernel, busybox, guest }: Ingredients,
  name: string,
): Promise<{ boot: Files; rest: Files }> {
  const applets = ['sh', 'mount', 'hostname', 'getty', 'login'];
  return {
    boot: {
      [`/vmlinuz-${version}`]: kernel,
      [`/initrd.img-${version}`]: initrdWith(guest, await own('guest-init')),
    },
    rest: {
      '/etc/os-release': `PRETTY_NAME="Test ${name}"\nID=test\n`,
      '/etc/default/grub':
        'GRUB_CMDLINE_LINUX="console=ttyS0,115200 quiet panic=-1 no_timer_check"\nGRUB_TIMEOUT=0\n',
      '/etc/passwd': 'root::0:0:root:/:/bin/sh\n',
      '/usr/bin/busybox': busybox,
      ...Object.fromEntries(applets.map((applet) => [`/usr/bin/${applet}`, '->busybox'])),
      '/usr/bin/dash': busybox,
      '/bin': '->usr/bin',
      '/sbin/init': systemInit(name),
      ...Object.fromEntries(['dev', 'proc', 'sys', 'run', 'mnt'].map((folder) => [`/${folder}/.keep`, ''])),
    },
  };
}

/** Of a tree with these files: what has to be made executable. */
export const programPaths = ['usr/bin/busybox', 'usr/bin/dash', 'sbin/init'];

export const lvmInit = (): Promise<Buffer> => own('lvm-init');
