import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { VappError } from '../../errors.js';
import { type HostJob, mountsOf } from './job.js';
import { hostEnvironment, type Run } from './run.js';

/** What is looked at of the host; tests say otherwise. */
export interface HostFacts {
  root: boolean;
  /** Path of a program or folder is there. */
  has(path: string): boolean;
}

const packageOf: Readonly<Record<string, string>> = {
  dmsetup: 'dmsetup',
  kpartx: 'kpartx',
  'qemu-nbd': 'qemu-utils',
  e2fsck: 'e2fsprogs',
  'grub-install': 'grub2-common',
  losetup: 'mount',
  mount: 'mount',
  '/usr/lib/grub/i386-pc': 'grub-pc-bin',
  '/usr/lib/grub/x86_64-efi': 'grub-efi-amd64-bin',
};

/** Programs, and folders by their paths. */
function needed(job: HostJob): string[] {
  const ext = mountsOf(job).some(({ partition }) => /^ext[234]$/.test(partition.type));
  return [
    ...['setpriv', 'unshare', 'nsenter', 'flock', 'lsblk', 'mount', 'dmsetup', 'kpartx', 'grub-install'],
    job.format === 'raw' ? 'losetup' : 'qemu-nbd',
    ...(ext ? ['e2fsck'] : []),
    ...(job.firmware.includes('bios') ? ['/usr/lib/grub/i386-pc'] : []),
    ...(job.firmware.includes('uefi') ? ['/usr/lib/grub/x86_64-efi'] : []),
  ];
}

/**
 * Looks whether this host can do the job.
 * @throws VAPP_HOST_MAPPER with the reason; the other mapper needs nothing of it
 */
export async function needHost(job: HostJob, run: Run, facts: HostFacts = thisHost): Promise<void> {
  if (!facts.root) throw unfit('it needs root');
  const missing = needed(job).filter((name) => !facts.has(name));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => packageOf[name] ?? 'util-linux'))];
    throw unfit(`${missing.join(', ')} missing`, `apt install ${packages.join(' ')}, or `);
  }
  await knows(run, ['dmsetup', 'version'], 'the kernel has no device-mapper here');
  if (job.format === 'raw') {
    const references = ['losetup', '--json', '--list', '--output', 'NAME,REF'];
    await knows(run, references, 'there are no loop devices here, or losetup is older than util-linux 2.40');
  }
}

async function knows(run: Run, argv: readonly string[], why: string): Promise<void> {
  try {
    await run(argv);
  } catch (cause) {
    const said = cause instanceof VappError && cause.why ? ` (${cause.why})` : '';
    throw unfit(`${why}${said}`, '', cause);
  }
}

export const unfit = (why: string, first = '', cause?: unknown): VappError =>
  new VappError('VAPP_HOST_MAPPER', 'the mapper device-mapper does not work on this host', {
    ...{ why, hint: `${first}--mapper guest, which needs no privilege`, cause },
  });

const thisHost: HostFacts = {
  root: process.getuid?.() === 0,
  has: (name) => (name.startsWith('/') ? existsSync(name) : isProgram(name)),
};

const isProgram = (name: string): boolean =>
  hostEnvironment()
    .PATH!.split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
