const sectorSize = 512;
/** Type of a BIOS boot partition, "Hah!IdontNeedEFI", as it stands on the disk (mixed-endian). */
const biosBootType = Buffer.from('Hah!IdontNeedEFI', 'latin1');

/** The partition table of a disk's first bytes. `area` is where a BIOS core image may lie: first sector, and first one after. */
export interface PartitionTable {
  table: 'dos' | 'gpt' | 'none';
  area?: [number, number];
  problems: string[];
}

/**
 * Reads what matters for a BIOS boot loader of an MBR (16-byte entries at 0x1be) or GPT (UEFI specification 2.10, 5.3).
 * @param head the disk's first bytes; at least one sector. What lies beyond its end is reported, never guessed.
 */
export function readPartitionTable(head: Buffer): PartitionTable {
  if (head.readUInt16LE(0x1fe) !== 0xaa55) {
    return { table: 'none', problems: ['The first sector has no boot signature 55 aa.'] };
  }
  return head.toString('latin1', sectorSize, sectorSize + 8) === 'EFI PART' ? readGpt(head) : readDos(head);
}

function readDos(head: Buffer): PartitionTable {
  const starts: number[] = [];
  for (let entry = 0x1be; entry < 0x1fe; entry += 16) {
    if (head[entry + 4] !== 0) starts.push(head.readUInt32LE(entry + 8));
  }
  if (starts.length === 0) return { table: 'dos', problems: ['The partition table has no partition.'] };
  return { table: 'dos', area: [1, Math.min(...starts)], problems: [] };
}

function readGpt(head: Buffer): PartitionTable {
  const missing = (what: string): PartitionTable => ({ table: 'gpt', problems: [what] });
  if (head.length < sectorSize * 2) return missing('The GPT header is not among the bytes read.');
  const entries = Number(head.readBigUInt64LE(sectorSize + 72)) * sectorSize;
  const count = head.readUInt32LE(sectorSize + 80);
  const size = head.readUInt32LE(sectorSize + 84);
  // 128 is the smallest size that the specification allows; a smaller one would read neighbours, 0 would not end.
  if (size < 128) return missing(`The GPT says that its entries have ${size} bytes.`);
  for (let entry = entries; entry < entries + count * size; entry += size) {
    if (entry + size > head.length) return missing('The GPT is longer than the bytes read.');
    if (!head.subarray(entry, entry + 16).equals(biosBootType)) continue;
    const first = Number(head.readBigUInt64LE(entry + 32));
    return { table: 'gpt', area: [first, Number(head.readBigUInt64LE(entry + 40)) + 1], problems: [] };
  }
  return missing('The GPT has no BIOS boot partition.');
}
