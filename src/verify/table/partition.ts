/** A partition. Offsets and sizes are in bytes. */
export interface Partition {
  /** As Linux and GRUB count: logical partitions of an MBR begin at 5. */
  number: number;
  start: number;
  size: number;
  /** MBR: the type's two hexadecimal digits. GPT: its GUID in lower case. */
  type: string;
  /** What `root=PARTUUID=` names: the GUID, or for an MBR the disk's number and the partition's. */
  uuid: string;
  /** Marked as active (MBR), or as the one for old BIOSes (GPT). */
  active?: true;
  /** GPT: its name, when it has one. */
  name?: string;
}

/** What became of a copy of the GPT's header and entries. */
export type GptCopy = 'good' | 'bad' | 'missing';

export interface PartitionTable {
  kind: 'dos' | 'gpt' | 'none';
  /** The disk's number (MBR) or GUID (GPT). */
  id?: string;
  /** Bytes: 512, or 4096 for a GPT of such a disk. */
  sectorSize: number;
  partitions: Partition[];
  gpt?: {
    primary: GptCopy;
    backup: GptCopy;
    /** An MBR with more than the protective entry. */
    hybrid: boolean;
  };
  /** One sentence each. */
  problems: string[];
}

export const typeGuids = {
  biosBoot: '21686148-6449-6e6f-744e-656564454649',
  esp: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
} as const;

export const isBiosBoot = ({ type }: Partition): boolean => type === typeGuids.biosBoot;
/** Type ef is the ESP of an MBR (UEFI specification 2.10, 5.2.2). */
export const isEsp = ({ type }: Partition): boolean => type === typeGuids.esp || type === 'ef';

/** Of an MBR: holds the logical partitions. */
export const isExtended = ({ type }: Partition): boolean => ['05', '0f', '85'].includes(type);

/** A GUID as it stands on a disk: the first three fields are little-endian (UEFI specification 2.10, appendix A). */
export function guidAt(bytes: Buffer, at: number): string {
  const hex = (from: number, to: number): string => bytes.toString('hex', at + from, at + to);
  const turned = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(at + from, at + to))
      .reverse()
      .toString('hex');
  return [turned(0, 4), turned(4, 6), turned(6, 8), hex(8, 10), hex(10, 16)].join('-');
}
