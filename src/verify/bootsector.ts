import { readPartitionTable } from './partition-table.js';

const sectorSize = 512;
/** Blocks of a block list are 12 bytes: start LE64, length LE16, segment LE16. The list grows down from here. */
const blockListEnd = 0x1f4;
/** diskboot.img's code ends below this; a list that reaches it has no end mark. */
const blockListLimit = 0x150;
/** No GRUB core with a file system and a partition module is smaller. */
const smallestCore = 8192;

/** What the check of a boot sector found. Sectors are of 512 bytes. */
export interface BootSectorReport {
  ok: boolean;
  /** One sentence each; empty when `ok`. */
  problems: string[];
  table: 'dos' | 'gpt' | 'none';
  /** Sector where GRUB's core image begins. */
  coreSector?: number;
  /** Sectors that the core image may use: the first, and the first one after. */
  area?: [number, number];
  /** Bytes of the compressed core. */
  compressedSize?: number;
}

interface Block {
  start: number;
  sectors: number;
}

/**
 * Says whether a disk's first bytes hold a whole GRUB 2 for BIOS: boot.img in sector 0, and a core image of one piece in
 * the gap after the MBR or in the GPT's BIOS boot partition. Pure.
 * Offsets: GRUB 2.12, include/grub/i386/pc/boot.h, grub-core/boot/i386/pc/{boot,diskboot,startup_raw}.S and util/setup.c.
 * @param head the disk as the guest sees it (not the bytes of a qcow2 file), up to the end of the core's area: 1 MiB for an
 *   MBR made by today's partitioners, up to the end of the BIOS boot partition for a GPT.
 */
export function checkBootSector(head: Buffer): BootSectorReport {
  if (head.length < sectorSize) {
    return { ok: false, table: 'none', problems: ['There is less than one sector to check.'] };
  }
  const table = readPartitionTable(head);
  const coreSector = Number(head.readBigUInt64LE(0x5c));
  const problems = [...table.problems, ...checkBootImage(head)];
  const report: BootSectorReport = { ok: false, table: table.table, coreSector, problems };
  if (!table.area || problems.length > 0) return report;
  report.area = table.area;
  const core = checkCore(head, coreSector, table.area);
  if (core.compressedSize !== undefined) report.compressedSize = core.compressedSize;
  problems.push(...core.problems);
  report.ok = problems.length === 0;
  return report;
}

function checkBootImage(head: Buffer): string[] {
  const problems: string[] = [];
  if (head.readUIntBE(0, 3) !== 0xeb6390)
    problems.push('The first sector does not begin with the jump of GRUB.');
  if (head.readUInt16LE(0x5a) !== 0x8000)
    problems.push('The first sector does not load to the address of GRUB.');
  if (head.toString('latin1', 0x180, 0x185) !== 'GRUB ') problems.push('The first sector does not say GRUB.');
  return problems;
}

function checkCore(
  head: Buffer,
  sector: number,
  area: [number, number],
): { problems: string[]; compressedSize?: number } {
  const [first, end] = area;
  if (sector < first || sector >= end) {
    return {
      problems: [
        `The core is said to begin in sector ${sector}, outside the sectors ${first} to ${end - 1} that it may use.`,
      ],
    };
  }
  const at = sector * sectorSize;
  if (at + sectorSize > head.length) return { problems: ['The core image is not among the bytes read.'] };
  if (head.readUInt32BE(at) !== 0x5256be1b) {
    return { problems: [`Sector ${sector} does not hold the first sector of a GRUB core.`] };
  }
  const blocks = readBlockList(head, at);
  const problems = checkBlockList(blocks, sector, end);
  return problems.length > 0 ? { problems } : checkDecompressor(head, blocks);
}

function readBlockList(head: Buffer, core: number): Block[] {
  const blocks: Block[] = [];
  for (let at = core + blockListEnd; at > core + blockListLimit; at -= 12) {
    const sectors = head.readUInt16LE(at + 8);
    if (sectors === 0) break;
    blocks.push({ start: Number(head.readBigUInt64LE(at)), sectors });
  }
  return blocks;
}

function checkBlockList(blocks: Block[], core: number, end: number): string[] {
  if (blocks.length === 0) return ["The list of the core's sectors is empty."];
  let next = core + 1;
  for (const { start, sectors } of blocks) {
    if (start !== next) return [`The core goes on in sector ${start} where ${next} is expected.`];
    next = start + sectors;
  }
  return next > end
    ? [`The core ends in sector ${next - 1}, beyond sector ${end - 1} where its area ends.`]
    : [];
}

function checkDecompressor(head: Buffer, blocks: Block[]): { problems: string[]; compressedSize?: number } {
  const at = blocks[0]!.start * sectorSize;
  const length = blocks.reduce((sum, block) => sum + block.sectors, 0) * sectorSize;
  if (at + length > head.length) return { problems: ['The end of the core is not among the bytes read.'] };
  const compressedSize = head.readUInt32LE(at + 8);
  const problems: string[] = [];
  if (head.toString('hex', at, at + 5) !== 'ea1c820000') {
    problems.push('The core does not begin with the jump of its decompressor.');
  }
  if (compressedSize <= smallestCore || compressedSize >= length) {
    problems.push(`The core says that it has ${compressedSize} compressed bytes in ${length}.`);
  } else if (head.subarray(at + sectorSize, at + compressedSize).every((byte) => byte === 0)) {
    problems.push('The core is all zeros.');
  }
  return { problems, compressedSize };
}
