import { VappError } from '../errors.js';

/** File type bits of a mode, as stat(2) has them. */
export const fileType = {
  mask: 0o170000,
  directory: 0o040000,
  file: 0o100000,
  link: 0o120000,
  char: 0o020000,
};

/** One member of a newc archive. */
export interface CpioEntry {
  /** Relative, without `./` in front. */
  path: string;
  /** st_mode: type and permission bits. */
  mode: number;
  /** Content of a file, target of a symbolic link. */
  data?: Uint8Array;
  /** Major and minor number of a device. */
  device?: [number, number];
}

/** Name of the member that ends an archive, and length of a header without the name. */
export const trailer = 'TRAILER!!!';
export const headerLength = 110;

/** Rounds up to the four bytes that newc aligns to. */
export const align4 = (length: number): number => (length + 3) & ~3;

// The fields' order: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
// Owner, time and device of the source stay out, so that the same entries give the same bytes.
const header = (entry: CpioEntry, inode: number, size: number): Buffer => {
  const name = Buffer.from(`${entry.path}\0`);
  const links = (entry.mode & fileType.mask) === fileType.directory ? 2 : 1;
  const [major, minor] = entry.device ?? [0, 0];
  const fields = [inode, entry.mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0];
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  const head = Buffer.alloc(align4(headerLength + name.length));
  head.write(text, 'latin1');
  name.copy(head, headerLength);
  return head;
};

const end = (): Buffer => header({ path: trailer, mode: 0 }, 0, 0);

const padded = (data: Uint8Array): Buffer => {
  const out = Buffer.alloc(align4(data.length));
  out.set(data);
  return out;
};

/**
 * Writes a newc archive: entries in the given order, inodes counted from 1, owner root, time 0; the length is a
 * multiple of four, so that another archive may follow.
 */
export const writeCpio = (entries: Iterable<CpioEntry>): Buffer => {
  const chunks: Buffer[] = [];
  let inode = 0;
  for (const entry of entries) {
    const data = entry.data ?? Buffer.alloc(0);
    inode += 1;
    chunks.push(header(entry, inode, data.length), padded(data));
  }
  return Buffer.concat([...chunks, end()]);
};

/**
 * What has to stand before and after the bytes of one file so that the three together are an archive of this file
 * alone: for files too large to be held in memory. `size` in bytes, below 4 GiB (newc's own limit).
 */
export const cpioFrame = (
  path: string,
  permissions: number,
  size: number,
): { before: Buffer; after: Buffer } => {
  if (size > 0xffffffff) {
    throw new VappError('VAPP_INSTALLER_CPIO_SIZE', `${path} is too large for an initrd: ${size} bytes`, {
      why: 'The newc format counts sizes with 32 bits.',
    });
  }
  const folders = parents(path).map((folder) => ({ path: folder, mode: fileType.directory | 0o755 }));
  const head = folders.map((entry, index) => header(entry, index + 1, 0));
  const file = header({ path, mode: fileType.file | permissions }, folders.length + 1, size);
  return {
    before: Buffer.concat([...head, file]),
    after: Buffer.concat([Buffer.alloc(align4(size) - size), end()]),
  };
};

/** The folders above a path, outermost first: `a/b/c` has `a` and `a/b`. */
export const parents = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};
