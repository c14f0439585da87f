/** What the code of a disk's first sector is. */
export type BootCode =
  | 'none'
  | 'grub2'
  | 'grub-legacy'
  | 'syslinux'
  | 'isolinux'
  | 'lilo'
  | 'windows'
  | 'parted'
  | 'file-system'
  | 'other';

const codeEnd = 0x1b8;

const has = (sector: Buffer, text: string): boolean =>
  sector.subarray(0, codeEnd).includes(text, 0, 'latin1');

/** GRUB 2 begins with a jump over the BPB, loads to 8000:0 and says its name (boot/i386/pc/boot.S). */
const isGrub2 = (sector: Buffer): boolean =>
  sector.readUIntBE(0, 3) === 0xeb6390 && sector.readUInt16LE(0x5a) === 0x8000 && has(sector, 'GRUB ');

// GRUB legacy's stage1 has its version, 3.2, at 3e (stage1/stage1.h).
const isGrubLegacy = (sector: Buffer): boolean =>
  sector.readUInt16BE(0) === 0xeb48 && sector.readUInt16LE(0x3e) === 0x0203 && has(sector, 'GRUB ');

// The beginning of mbr/*.S of syslinux; its own boot sectors carry their name as the OEM's.
const isSyslinux = (sector: Buffer): boolean =>
  /^(SYSLINUX|EXTLINUX)$/.test(sector.toString('latin1', 3, 11)) ||
  sector.toString('hex', 0, 12) === '33c0fa8ed88ed0bc007c89e6';

// mkfs.fat, Windows and others write code that only says that there is no system.
const isFileSystem = (sector: Buffer): boolean =>
  sector.toString('latin1', 3, 11) === 'NTFS    ' ||
  /^FAT/.test(sector.toString('latin1', 0x36, 0x39)) ||
  /^FAT/.test(sector.toString('latin1', 0x52, 0x55));

const isWindows = (sector: Buffer): boolean =>
  sector.readUInt32BE(0) === 0x33c08ed0 && /Invalid partition table/.test(textOf(sector));

const textOf = (sector: Buffer): string => sector.toString('latin1', 0, codeEnd);

// libparted writes code of its own into an MBR that it makes (libparted/labels/dos.c).
const isParted = (sector: Buffer): boolean =>
  sector.toString('hex', 0, 16) === 'fab800108ed0bc00b0b800008ed88ec0';

const kinds: readonly [BootCode, (sector: Buffer) => boolean][] = [
  ['none', (sector) => sector.subarray(0, codeEnd).every((byte) => byte === 0)],
  ['grub2', isGrub2],
  ['grub-legacy', isGrubLegacy],
  ['isolinux', (sector) => has(sector, 'isolinux.bin')],
  ['syslinux', isSyslinux],
  ['lilo', (sector) => /^.{2}(?:.{4})?LILO/s.test(textOf(sector))],
  ['windows', isWindows],
  ['parted', isParted],
  ['file-system', isFileSystem],
];

/** Names the code in a disk's first sector (512 bytes at least) by what each loader always writes there. */
export const bootCodeOf = (sector: Buffer): BootCode => kinds.find(([, is]) => is(sector))?.[0] ?? 'other';

/** Code that does nothing but start the boot sector of the active partition. */
export const startsActivePartition = (code: BootCode): boolean =>
  code === 'parted' || code === 'windows' || code === 'syslinux';

/** How a sentence calls it. */
export const bootCodeNames: Readonly<Record<BootCode, string>> = {
  none: 'no boot code',
  grub2: 'GRUB 2',
  'grub-legacy': 'GRUB legacy',
  syslinux: 'syslinux',
  isolinux: 'isolinux',
  lilo: 'LILO',
  windows: 'the boot code of Windows',
  parted: 'the boot code of parted',
  'file-system': 'the boot sector of a file system',
  other: 'unknown boot code',
};
