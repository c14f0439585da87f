import * as disks from './disks.js';
import type { Ingredients } from './system.js';

/** A disk that boots by these, to a system of this name; by default the image's. */
export interface Boots {
  boots: readonly ('bios' | 'uefi')[];
  format?: 'qcow2';
  login?: string;
}

/** What a run of `vapp grub` should come to. */
export type Outcome =
  | Boots
  /** The code of the refusal, and a piece of what is said. */
  | { refused: string; says: RegExp };

export interface TestImage {
  name: string;
  make(ingredients: Ingredients): Promise<Buffer>;
  /** For `vapp grub`. */
  args?: readonly string[];
  /** What `--check` says before: by BIOS and UEFI. */
  before: { bios: string; uefi: string };
  outcome: Outcome;
}

const nothing = { bios: 'no', uefi: 'no' };
const bios = { boots: ['bios'] } as const;

export const images: readonly TestImage[] = [
  { name: 'mbr', make: (o) => disks.onMbr(o, 'mbr'), before: nothing, outcome: { ...bios, format: 'qcow2' } },
  { name: 'gap-63', make: (o) => disks.onMbr(o, 'gap-63', { start: 63 }), before: nothing, outcome: bios },
  {
    name: 'gap-39',
    make: (o) => disks.onMbr(o, 'gap-39', { start: 40 }),
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_GAP', says: /needs about 57 sectors, and there are 39/ },
  },
  {
    name: 'gpt-bios',
    make: (o) => disks.onGpt(o, 'gpt-bios', { bios: true }),
    before: nothing,
    outcome: bios,
  },
  {
    name: 'gpt-bare',
    make: (o) => disks.onGpt(o, 'gpt-bare', {}),
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_NO_BIOS_BOOT', says: /first-lba: 34.*size=2014/ },
  },
  {
    name: 'gpt-esp',
    make: (o) => disks.onGpt(o, 'gpt-esp', { esp: true }),
    before: nothing,
    outcome: { boots: ['uefi'] },
  },
  {
    name: 'gpt-both',
    make: (o) => disks.onGpt(o, 'gpt-both', { esp: true, bios: true }),
    before: nothing,
    outcome: { boots: ['bios', 'uefi'] },
  },
  { name: 'lvm-root', make: disks.onLvm, before: nothing, outcome: bios },
  { name: 'separate-boot', make: disks.separateBoot, before: nothing, outcome: bios },
  { name: 'xfs', make: (o) => disks.onMbr(o, 'xfs', { type: 'xfs' }), before: nothing, outcome: bios },
  { name: 'btrfs', make: (o) => disks.onMbr(o, 'btrfs', { type: 'btrfs' }), before: nothing, outcome: bios },
  {
    name: 'two-roots',
    make: disks.twoRoots,
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_ROOTS', says: /--root 1, or --root 2/ },
  },
  {
    name: 'second-root',
    make: disks.twoRoots,
    args: ['--root', '2'],
    before: nothing,
    outcome: { ...bios, login: 'second' },
  },
  {
    name: 'no-root',
    make: disks.noRoot,
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_NO_ROOT', says: /partition 1: ext2/ },
  },
  {
    name: 'foreign',
    make: disks.foreign,
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_FOREIGN', says: /AArch64/ },
  },
  {
    name: 'encrypted',
    make: disks.encrypted,
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_ENCRYPTED', says: /LUKS/ },
  },
  {
    name: 'grub-legacy',
    make: disks.legacySector,
    before: { bios: 'unknown', uefi: 'no' },
    outcome: bios,
  },
  { name: 'corrupted-core', make: disks.corruptedCore, before: nothing, outcome: bios },
  { name: 'dirty', make: disks.dirty, before: nothing, outcome: bios },
  {
    name: 'damaged',
    make: disks.damaged,
    before: nothing,
    outcome: { refused: 'VAPP_BOOTLOADER_STEP', says: /errors that e2fsck -p does not correct/ },
  },
];
