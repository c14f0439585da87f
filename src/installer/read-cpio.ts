import { VappError } from '../errors.js';
import { align4, type CpioEntry, fileType, headerLength, trailer } from './write-cpio.js';

const broken = (offset: number, why: string): VappError =>
  new VappError('VAPP_INSTALLER_CPIO', `not a newc archive at byte ${offset}`, { why });

interface Member {
  entry: CpioEntry;
  inode: number;
  next: number;
}

const readMember = (archive: Buffer, offset: number): Member => {
  const magic = archive.toString('latin1', offset, offset + 6);
  if (magic !== '070701' && magic !== '070702')
    throw broken(offset, `The magic number is ${JSON.stringify(magic)}.`);
  const field = (index: number): number =>
    Number.parseInt(archive.toString('latin1', offset + 6 + index * 8, offset + 14 + index * 8), 16);
  const [inode, mode, size, major, minor, nameSize] = [
    field(0),
    field(1),
    field(6),
    field(9),
    field(10),
    field(11),
  ];
  const name = offset + headerLength;
  const start = align4(name + nameSize);
  if (!(start + size <= archive.length)) throw broken(offset, 'The archive ends inside this member.');
  const path = archive.toString('utf8', name, name + nameSize - 1).replace(/^\.?\//, '');
  const entry: CpioEntry = { path, mode, data: archive.subarray(start, start + size) };
  if ((mode & fileType.mask) === fileType.char) entry.device = [major, minor];
  return { entry, inode, next: align4(start + size) };
};

/**
 * Reads the first newc archive in a buffer. Hard links become files of their own with the same content. Data are
 * views of the buffer. Throws VAPP_INSTALLER_CPIO when the bytes are something else or end early.
 */
export const readCpio = (archive: Buffer): CpioEntry[] => {
  const entries: CpioEntry[] = [];
  const byInode = new Map<number, CpioEntry[]>();
  for (let offset = 0; ; ) {
    const { entry, inode, next } = readMember(archive, offset);
    if (entry.path === trailer) break;
    if (entry.path !== '.') entries.push(entry);
    if ((entry.mode & fileType.mask) === fileType.file) {
      const group = byInode.get(inode) ?? [];
      byInode.set(inode, [...group, entry]);
    }
    offset = next;
  }
  // GNU cpio writes the content of hard links with their last name only.
  for (const group of byInode.values()) {
    const content = group.at(-1)!.data!;
    if (group.length > 1) for (const entry of group) entry.data = content;
  }
  return entries;
};
