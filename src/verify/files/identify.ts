import type { Disk } from '../disk.js';

/** What a partition holds. */
export interface Content {
  /** `ext4`, `vfat`, `xfs`, `btrfs`, `swap`, `lvm`, `luks`, `raid`, …, named as blkid(8) does where it is short; `unknown`. */
  type: string;
  uuid?: string;
  label?: string;
}

interface Signature {
  /** Offset and text that tell it. */
  at: number;
  text: string;
  read(head: Buffer): Content;
}

const headSize = 2 ** 17;

const uuidAt = (head: Buffer, at: number): string =>
  head.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const labelAt = (head: Buffer, at: number, length: number): { label?: string } => {
  const label = head
    .toString('utf8', at, at + length)
    .replace(/\0.*$/s, '')
    .trimEnd();
  return label ? { label } : {};
};

/** LVM2's UUIDs are 32 characters, shown in groups (lvm2, lib/uuid/uuid.c). */
const lvmUuidAt = (head: Buffer, at: number): string =>
  head
    .toString('latin1', at, at + 32)
    .replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');

const ext = (head: Buffer): Content => {
  const compat = head.readUInt32LE(1024 + 92);
  const incompat = head.readUInt32LE(1024 + 96);
  const roCompat = head.readUInt32LE(1024 + 100);
  // As libblkid tells them apart: what ext3's and ext2's drivers do not know makes an ext4.
  const newer = (incompat & ~0x16) !== 0 || (roCompat & ~0x7) !== 0;
  const older = (compat & 0x4) !== 0 ? 'ext3' : 'ext2';
  return { type: newer ? 'ext4' : older, uuid: uuidAt(head, 1024 + 104), ...labelAt(head, 1024 + 120, 16) };
};

const fatSerial = (head: Buffer, at: number): string => {
  const hex = head.readUInt32LE(at).toString(16).toUpperCase().padStart(8, '0');
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
};

const fatLabel = (head: Buffer, at: number): { label?: string } => {
  const { label } = labelAt(head, at, 11);
  return label && label !== 'NO NAME' ? { label } : {};
};

const fat =
  (serial: number) =>
  (head: Buffer): Content => ({
    type: 'vfat',
    uuid: fatSerial(head, serial),
    ...fatLabel(head, serial + 4),
  });

const swap = (head: Buffer): Content => ({
  type: 'swap',
  uuid: uuidAt(head, 1036),
  ...labelAt(head, 1052, 16),
});

const lvm = (at: number): Signature => ({
  at: at + 24,
  text: 'LVM2 001',
  read: (head) => ({ type: 'lvm', uuid: lvmUuidAt(head, at + 32) }),
});

/** The order matters: what is written over another is found first. */
const signatures: readonly Signature[] = [
  {
    at: 0,
    text: 'LUKS\xba\xbe',
    read: (head) => ({ type: 'luks', uuid: head.toString('latin1', 168, 208).replace(/\0.*$/s, '') }),
  },
  ...[0, 512, 1024, 1536].map(lvm),
  { at: 4096, text: '\xfc\x4e\x2b\xa9', read: (head) => ({ type: 'raid', uuid: uuidAt(head, 4096 + 16) }) },
  {
    at: 0,
    text: 'XFSB',
    read: (head) => ({ type: 'xfs', uuid: uuidAt(head, 32), ...labelAt(head, 108, 12) }),
  },
  {
    at: 0x1_0040,
    text: '_BHRfS_M',
    read: (head) => ({ type: 'btrfs', uuid: uuidAt(head, 0x1_0020), ...labelAt(head, 0x1_012b, 256) }),
  },
  { at: 1024 + 56, text: '\x53\xef', read: ext },
  { at: 4086, text: 'SWAPSPACE2', read: swap },
  { at: 3, text: 'NTFS    ', read: () => ({ type: 'ntfs' }) },
  { at: 0x52, text: 'FAT32   ', read: fat(0x43) },
  { at: 0x36, text: 'FAT12   ', read: fat(0x27) },
  { at: 0x36, text: 'FAT16   ', read: fat(0x27) },
  { at: 32_769, text: 'CD001', read: (head) => ({ type: 'iso9660', ...labelAt(head, 32_808, 32) }) },
  { at: 0, text: 'hsqs', read: () => ({ type: 'squashfs' }) },
];

/** Says by its signatures what a partition holds, as blkid(8) would. Rejects with Damaged. */
export async function identify(part: Disk): Promise<Content> {
  const head = Buffer.alloc(headSize);
  (await part.read(0, Math.min(headSize, part.size))).copy(head);
  const found = signatures.find(({ at, text }) => head.toString('latin1', at, at + text.length) === text);
  return found?.read(head) ?? { type: 'unknown' };
}
