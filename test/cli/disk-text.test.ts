import { beforeAll, describe, expect, it } from 'vitest';
import { diskText } from '../../src/cli/disk-text.js';
import { checkDisk, type DiskReport, openDisk } from '../../src/verify/index.js';
import { bootableDos, bootableGpt, sourceOf } from '../verify/disk-image.js';
import { lines } from './vapp.js';

const check = async (bytes: Buffer): Promise<DiskReport> =>
  await checkDisk(await openDisk(sourceOf(bytes), bytes.length));
const target = { name: 'disk.img', format: 'raw' as const, notes: ['It is borrowed.'] };

let dos: Buffer;
let gpt: Buffer;
beforeAll(async () => {
  dos = await bootableDos();
  gpt = await bootableGpt();
});

describe('diskText', () => {
  it('lays out what a GPT holds', async () => {
    const text = diskText({ ...target, notes: [] }, await check(gpt));
    expect(text).toBe(lines`
      disk      disk.img: raw, 12 MiB
      table     GPT, 2 partitions; first copy good, second good
                1  1 MiB, BIOS boot
                2  9 MiB, ext4 "root" 11111111-2222-4333-8444-555555555555
      sector 0  GRUB 2
      core      whole, in sectors 2048 to 2068; 21272 bytes unpacked: ext2 part_msdos part_gpt biosdisk
      prefix    (,gpt2)/boot/grub
      menu      /boot/grub/grub.cfg on partition 2: 1 entry, the first is "Debian GNU/Linux" (/boot/vmlinuz-6.12, root=UUID=11111111-2222-4333-8444-555555555555)
      BIOS      would boot
      UEFI      would not boot
      • UEFI: There is no EFI system partition.
    `);
  });

  it('marks why a disk would not boot, and notes apart from that', async () => {
    const bytes = Buffer.from(dos);
    bytes.fill(0, 0, 440);
    expect(
      diskText(target, await check(bytes))
        .split('\n')
        .slice(-6),
    ).toEqual([
      'sector 0  no boot code',
      'BIOS      would not boot',
      'UEFI      would not boot',
      '✖ BIOS: The first sector has no boot code.',
      '✖ UEFI: There is no EFI system partition.',
      '• It is borrowed.',
    ]);
  });

  it('names programs for UEFI and who signed them', async () => {
    const report = await check(dos);
    const program = { partition: 1, size: 1, machine: 'x86_64' };
    report.uefi.files = [
      { ...program, path: '/EFI/BOOT/BOOTX64.EFI', signature: 'present', signers: ['A signer', 'Its CA'] },
      { ...program, path: '/EFI/x/grubx64.efi', signature: 'none', signers: [] },
      { ...program, path: '/EFI/x/bad.efi', signature: 'bad', signers: [] },
    ];
    expect(
      diskText(target, report)
        .split('\n')
        .filter((line) => line.startsWith('EFI')),
    ).toEqual([
      'EFI       /EFI/BOOT/BOOTX64.EFI on partition 1: x86_64, signed by A signer',
      'EFI       /EFI/x/grubx64.efi on partition 1: x86_64, not signed',
      'EFI       /EFI/x/bad.efi on partition 1: x86_64, its signature is damaged',
    ]);
  });
});
