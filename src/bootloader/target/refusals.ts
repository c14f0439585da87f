import { VappError } from '../../errors.js';
import { shellWord } from '../../shell-word.js';
import { typeGuids } from '../../verify/index.js';
import { lengthOfSpan, type Span } from './places.js';
import type { ExaminedDisk, FoundSystem } from './systems.js';

const nothing = 'nothing was changed';

export const noTable = (target: string): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_TABLE', `${target} has no partition table`, {
    why: `GRUB needs room in front of the first partition, and there is none; ${nothing}`,
    hint: 'make a disk with a partition, and copy the system into it',
  });

export const noRoot = (target: string, disk: ExaminedDisk): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_ROOT', `${target} has no Linux system`, {
    why: `${contentOf(disk)}; none has /etc/os-release and /usr`,
    hint: 'vapp grub --check TARGET shows what is there',
  });

export const noSuchPartition = (root: string, disk: ExaminedDisk): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_ROOT', `there is no Linux system in partition ${root}`, {
    why: contentOf(disk),
    hint: '--root NUMBER, or --root VG/LV for a logical volume',
  });

export const encrypted = (target: string, partitions: readonly number[]): VappError =>
  new VappError('VAPP_BOOTLOADER_ENCRYPTED', `the system on ${target} is encrypted`, {
    why: `${listOf(partitions)} LUKS, and nothing else holds a system; vapp asks for no passphrase`,
    hint: 'start the machine with its own boot medium, and run grub-install inside',
  });

export const severalRoots = (target: string, systems: readonly FoundSystem[]): VappError =>
  new VappError('VAPP_BOOTLOADER_ROOTS', `${target} has ${systems.length} Linux systems`, {
    why: systems
      .map(({ partition, name }) => `partition ${partition}: ${name || 'without a name'}`)
      .join('; '),
    hint: systems.map(({ partition }) => `--root ${partition}`).join(', or '),
  });

/** Names of machines in elf.h that one meets. */
const machines: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC 64',
  22: 'S/390',
  40: 'ARM',
  62: 'x86-64',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

export const foreign = (partition: number, machine: number): VappError =>
  new VappError(
    'VAPP_BOOTLOADER_FOREIGN',
    `the system in partition ${partition} is for another architecture`,
    {
      why: `its programs are for ${machines[machine] ?? `ELF machine ${machine}`}, and vapp installs GRUB for x86-64`,
      hint: 'finish it on a machine of its own architecture',
    },
  );

export const smallGap = (target: string, has: number, needs: number): VappError =>
  new VappError('VAPP_BOOTLOADER_GAP', `there is too little room for GRUB's core image on ${target}`, {
    why: `it needs about ${needs} sectors, and there ${has === 1 ? 'is' : 'are'} ${Math.max(0, has)}`,
    hint: 'let the first partition begin at sector 2048, or take a /boot of ext4',
  });

/** What a BIOS boot partition should have: room for the largest core image, and alignment to a mebibyte. */
const biosBootSectors = 2048;

export const noBiosBoot = (target: string, spans: readonly Span[]): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_BIOS_BOOT', `the GPT of ${target} has no BIOS boot partition`, {
    why: `GRUB's core image has no place of its own; it needs a partition of 1 MiB (${biosBootSectors} sectors; 100 are enough) of type ${typeGuids.biosBoot}`,
    hint: wayToBiosBoot(target, spans),
  });

function wayToBiosBoot(target: string, spans: readonly Span[]): string {
  // The gap before an aligned first partition is a good place, and the only one that most disks have.
  const span = spans.find(([first, last]) => first === 34 && lengthOfSpan([first, last]) >= 100) ?? spans[0];
  if (!span || lengthOfSpan(span) < 100)
    return 'make one of the partitions smaller first; there is no free space';
  const [first, last] = span;
  const aligned = Math.ceil(first / biosBootSectors) * biosBootSectors;
  const start = last - aligned + 1 >= biosBootSectors ? aligned : first;
  const size = Math.min(biosBootSectors, last - start + 1);
  const line = `start=${start}, size=${size}, type=${typeGuids.biosBoot}`;
  const file = shellWord(target);
  // Tools reserve the first mebibyte in the GPT's header; sfdisk(8) takes first-lba from its own dump.
  return `of a raw image: (sfdisk -d ${file} | sed 's/^first-lba:.*/first-lba: 34/'; echo '${line}') > table && sfdisk ${file} < table`;
}

export const noEsp = (target: string): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_ESP', `${target} has no EFI system partition`, {
    why: `UEFI firmware starts programs of a FAT partition of type ${typeGuids.esp} (MBR: ef)`,
    hint: '--firmware bios, or make such a partition of 64 MiB and format it: mkfs.fat',
  });

export const unfitEsp = (partition: number, why: string): VappError =>
  new VappError(
    'VAPP_BOOTLOADER_ESP',
    `firmware does not read the EFI system partition, partition ${partition}`,
    {
      why,
      hint: '--firmware bios, or format it anew, with its files kept aside: mkfs.fat -F 32 -s 1 (from 33 MiB on), or mkfs.fat -F 16',
    },
  );

const listOf = (partitions: readonly number[]): string =>
  partitions.length === 1 ? `partition ${partitions[0]} is` : `partitions ${partitions.join(', ')} are`;

function contentOf({ volumes }: ExaminedDisk): string {
  const parts = volumes.flatMap(({ partition, content }) =>
    partition ? `partition ${partition.number}: ${content.type}` : [],
  );
  return parts.length > 0 ? parts.join(', ') : 'there are no partitions';
}
