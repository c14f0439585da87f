import { describe, expect, it } from 'vitest';
import { type BootCode, bootCodeOf } from '../../../src/verify/boot/sector.js';
import { bootImage } from '../core-image.js';

/** A first sector that begins with these bytes, and has texts at offsets. */
function sector(begin: string | Buffer, texts: Record<number, string> = {}): Buffer {
  const bytes = Buffer.alloc(512, 0x90);
  (typeof begin === 'string' ? Buffer.from(begin, 'hex') : begin).copy(bytes);
  for (const [at, text] of Object.entries(texts)) bytes.write(text, Number(at), 'latin1');
  return bytes;
}

// The beginnings are those that these programs write: GRUB 2.12 and 0.97, syslinux 6.04 (mbr.bin, gptmbr.bin and altmbr.bin
// begin alike), libparted 3.5, mkfs.fat 4.2, Windows 7 and later.
const samples: [BootCode, Buffer][] = [
  ['none', Buffer.alloc(512)],
  ['grub2', sector(bootImage(1))],
  ['grub-legacy', sector(`eb4890${'00'.repeat(59)}0302ff`, { 383: 'GRUB \0Geom\0Hard Disk\0Read\0 Error' })],
  ['syslinux', sector('33c0fa8ed88ed0bc007c89e606578ec0fbfcbf0006b90001f3a5ea1f0600')],
  ['syslinux', sector('eb5890', { 3: 'SYSLINUX' })],
  ['syslinux', sector('eb5890', { 3: 'EXTLINUX' })],
  ['isolinux', sector('33ed90', { 336: 'isolinux.bin missing or corrupt.' })],
  ['lilo', sector('fae9', { 6: 'LILO' })],
  ['windows', sector('33c08ed0bc007c8ec08ed8be007c', { 355: 'Invalid partition table\0Error loading' })],
  ['parted', sector('fab800108ed0bc00b0b800008ed88ec0fbbe007cbf0006')],
  ['file-system', sector('eb3c90', { 3: 'mkfs.fat', 54: 'FAT16   ' })],
  ['file-system', sector('eb5890', { 3: 'mkfs.fat', 82: 'FAT32   ' })],
  ['file-system', sector('eb5290', { 3: 'NTFS    ' })],
  ['other', sector('fa')],
];

describe('bootCodeOf', () => {
  it.each(samples)('knows %s', (code, bytes) => {
    expect(bootCodeOf(bytes)).toBe(code);
  });

  it('does not look into the partition table', () => {
    const bytes = Buffer.alloc(512);
    bytes.write('GRUB isolinux.bin LILO', 0x1be, 'latin1');
    expect(bootCodeOf(bytes)).toBe('none');
  });

  it('takes GRUB for itself only with its jump, its address and its name', () => {
    for (const [at, length] of [
      [0, 3],
      [0x5a, 2],
      [0x180, 4],
    ] as const) {
      const bytes = sector(bootImage(1));
      bytes.fill(0x20, at, at + length);
      expect(bootCodeOf(bytes)).toBe('other');
    }
  });
});
