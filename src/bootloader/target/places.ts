import { isBiosBoot, isEsp, isExtended, type PartitionTable } from '../../verify/index.js';

const sectorBytes = 512;

/** Sectors of 512 bytes: first and last. */
export type Span = readonly [first: number, last: number];

export const lengthOfSpan = ([first, last]: Span): number => last - first + 1;

/** Where GRUB's core image goes for a BIOS: the gap behind an MBR, or a GPT's BIOS boot partition. */
export function coreArea({ kind, partitions }: PartitionTable): Span | undefined {
  if (kind === 'dos') return [1, Math.min(...partitions.map(({ start }) => start / sectorBytes)) - 1];
  const own = partitions.find(isBiosBoot);
  return own && [own.start / sectorBytes, (own.start + own.size) / sectorBytes - 1];
}

export const espOf = ({ partitions }: PartitionTable): number | undefined => partitions.find(isEsp)?.number;

/** A GPT has 34 sectors at the beginning and 33 at the end for itself (UEFI specification 2.10, 5.3). */
const gptOwn = { first: 34, last: 33 };

/** Stretches of a GPT disk that belong to no partition, the largest first. */
export function freeSpans({ partitions }: PartitionTable, size: number): Span[] {
  const used = partitions
    .filter((partition) => !isExtended(partition))
    .map(({ start, size: bytes }): Span => [start / sectorBytes, (start + bytes) / sectorBytes - 1])
    .sort(([a], [b]) => a - b);
  const spans: Span[] = [];
  let next = gptOwn.first;
  for (const [first, last] of [...used, [Math.floor(size / sectorBytes) - gptOwn.last, Infinity] as Span]) {
    if (first > next) spans.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  return spans.sort((a, b) => lengthOfSpan(b) - lengthOfSpan(a));
}
