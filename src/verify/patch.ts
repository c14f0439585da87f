/** Bytes that stand at a place of a disk instead of what is there. */
export interface Patch {
  /** From the disk's beginning, in bytes. */
  offset: number;
  bytes: Buffer;
}
