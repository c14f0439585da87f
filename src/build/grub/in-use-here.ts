import { type BigIntStats, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { access, constants, open, stat } from 'node:fs/promises';
import { deviceNumbers } from '../../device-numbers.js';
import { VappError } from '../../errors.js';
import { shellWord } from '../../shell-word.js';
import type { GrubTarget } from './target.js';

/** What this machine knows of an image of its own. Throws VAPP_BOOTLOADER_IN_USE, VAPP_BOOTLOADER_READ_ONLY. */
export async function refuseHere({ name, path, block }: GrubTarget): Promise<void> {
  const stats = await stat(path, { bigint: true });
  // Root may write what nobody may; whoever took the permission away meant something by it.
  const writable = (stats.mode & 0o222n) !== 0n && (await mayWrite(path));
  if (!writable) {
    throw new VappError('VAPP_BOOTLOADER_READ_ONLY', `${name} cannot be written`, {
      why: 'its permissions, or its file system, do not allow it',
      hint: `chmod u+w ${shellWord(path)}, or work on a copy`,
    });
  }
  if (block) await refuseHeld(name, path);
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

/** open(2): whoever asks for a block device with O_EXCL gets it only when no file system and no other device has it. */
async function refuseHeld(name: string, path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_EXCL);
    await file.close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBUSY') throw cause;
    throw inUse(name, {
      why: 'it is mounted, or a part of another device',
      hint: `see by what: lsblk ${shellWord(path)}`,
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

/** The same of a file. */
export function lockName({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  const { major, minor } = deviceNumbers(dev);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

export const inUse = (name: string, details: { why: string; hint: string }): VappError =>
  new VappError('VAPP_BOOTLOADER_IN_USE', `${name} is in use`, details);
