import { type BigIntStats, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { diskPaths, volumeBacking } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import { shellWord } from '../../shell-word.js';
import type { GrubTarget } from './target.js';

/** Throws VAPP_BOOTLOADER_IN_USE for an image that something else works with, VAPP_BOOTLOADER_READ_ONLY for one that cannot be written. */
export async function refuseBusy(connection: Connection | undefined, target: GrubTarget): Promise<void> {
  if (connection) {
    await refuseGuests(connection, target);
    await refuseBase(connection, target);
  }
  if (target.local) await refuseLocally(target);
}

/** Guests that run with the image, or with one that is laid over it. */
async function refuseGuests(connection: Connection, { name, path }: GrubTarget): Promise<void> {
  for (const domain of await connection.listDomains()) {
    // It may end at this moment.
    const [state, xml] = await Promise.all([
      domain.state().catch(() => 'shutoff'),
      domain.xml().catch(() => undefined),
    ]);
    if (state === 'shutoff' || xml === undefined || !diskPaths(xml).includes(path)) continue;
    throw inUse(name, {
      why: `the domain ${domain.name} runs with it`,
      hint: `virsh -c ${shellWord(connection.uri)} shutdown ${domain.name}`,
    });
  }
}

/** An image that others are laid over, such as a template's disk with clones: what they read must not change. */
async function refuseBase(connection: Connection, { name, path }: GrubTarget): Promise<void> {
  for (const pool of await connection.listPools()) {
    if (!(await pool.isActive())) continue;
    for (const volume of await pool.listVolumes()) {
      // A volume may be deleted at this moment.
      const xml = await volume.xml().catch(() => undefined);
      if (xml === undefined || volumeBacking(xml) !== path) continue;
      throw inUse(name, {
        why: `the volume ${pool.name}/${volume.name} is laid over it, and reads what it does not have itself`,
        hint: `vapp grub ${shellWord(`${pool.name}/${volume.name}`)}, which leaves this image as it is`,
      });
    }
  }
}

async function refuseLocally({ name, path }: GrubTarget): Promise<void> {
  const stats = await stat(path, { bigint: true });
  // Root may write what nobody may; whoever took the permission away meant something by it.
  const writable = (stats.mode & 0o222n) !== 0n && (await mayWrite(path));
  if (!writable) {
    throw new VappError('VAPP_BOOTLOADER_READ_ONLY', `${name} cannot be written`, {
      why: 'its permissions, or its file system, do not allow it',
      hint: `chmod u+w ${shellWord(path)}, or work on a copy`,
    });
  }
  const loop = loopDevices().find(({ file }) => file === realpathSync(path));
  if (loop)
    throw loopError(name, loop.device, mountOf(loop.device, readFileSync('/proc/self/mountinfo', 'utf8')));
  if (locksOf(readFileSync('/proc/locks', 'utf8')).includes(lockName(stats))) {
    throw inUse(name, {
      why: 'another program has locked it, as QEMU does with the disks of its guests',
      hint: `end that program first: fuser -v ${shellWord(path)}`,
    });
  }
}

const mayWrite = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

function loopError(name: string, device: string, mount: string | undefined): VappError {
  return mount === undefined
    ? inUse(name, { why: `${device} is bound to it`, hint: `losetup -d ${device}` })
    : inUse(name, {
        why: `it is mounted on ${mount} through ${device}`,
        hint: `umount ${shellWord(mount)} && losetup -d ${device}`,
      });
}

/** Loop devices of this machine and the files behind them. */
function loopDevices(): { device: string; file: string }[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      try {
        const file = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd();
        return [{ device: `/dev/${name}`, file }];
      } catch {
        // Without a file behind it, it has no such attribute.
        return [];
      }
    });
}

/** Where a device or one of its partitions is mounted, by the text of proc(5) mountinfo. */
export function mountOf(device: string, mountinfo: string): string | undefined {
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const source = after.split(' ')[1] ?? '';
    const own =
      source === device || (source.startsWith(`${device}p`) && /^\d+$/.test(source.slice(device.length + 1)));
    if (own)
      return before
        .split(' ')[4]
        ?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
  }
  return undefined;
}

/** The files that are locked, as proc(5) locks names them: `major:minor:inode`, the numbers of the device in hexadecimal. */
export const locksOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => /(?:^| )([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line)?.[1] ?? []);

/** The same of a file; a device number is split as in glibc's gnu_dev_major. */
export function lockName({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

const inUse = (name: string, details: { why: string; hint: string }): VappError =>
  new VappError('VAPP_BOOTLOADER_IN_USE', `${name} is in use`, details);
