/** A few bytes of a disk that are others than they should be. */
export interface Damage {
  at: number;
  bytes: Buffer;
}

const extremes = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Somewhere in a disk, mostly where something stands. */
function place(disk: Buffer, next: () => number): number {
  for (let tries = 0; tries < 200; tries += 1) {
    const at = Math.floor(next() * disk.length);
    // Half of the damage goes to the beginnings of the disk and of its partitions, where the structures are.
    const near = next() < 0.5 ? at % 2 ** 16 : at;
    const chosen = near + (next() < 0.5 ? 0 : 2 ** 20 * (1 + Math.floor(next() * 2)));
    if (chosen + 8 < disk.length && disk.readUInt32LE(chosen) !== 0) return chosen;
  }
  return 0;
}

function bytesFor(disk: Buffer, at: number, next: () => number): Buffer {
  const bytes = Buffer.alloc(4);
  const kind = Math.floor(next() * 4);
  if (kind === 0) bytes.writeUInt32LE(extremes[Math.floor(next() * extremes.length)]!);
  else if (kind === 1) bytes.writeUInt32LE(Math.floor(next() * 2 ** 32));
  else if (kind === 2) bytes.writeUInt32LE(Math.floor(next() * 4096));
  else bytes.writeUInt32LE((disk.readUInt32LE(at) ^ (1 << Math.floor(next() * 32))) >>> 0);
  return bytes.subarray(0, 1 + Math.floor(next() * 4));
}

/** One to eight damages. */
export const damages = (disk: Buffer, next: () => number): Damage[] =>
  Array.from({ length: 1 + Math.floor(next() * 8) }, () => {
    const at = place(disk, next);
    return { at, bytes: bytesFor(disk, at, next) };
  });

/** The disk with these damages, as openDisk takes it; the disk itself stays whole. */
export const damagedSource = (disk: Buffer, damage: readonly Damage[]) => ({
  read: async (offset: number, length: number): Promise<Buffer> => {
    const part = Buffer.from(disk.subarray(offset, offset + length));
    for (const { at, bytes } of damage) {
      if (at + bytes.length <= offset || at >= offset + part.length) continue;
      for (const [index, byte] of bytes.entries()) {
        const where = at + index - offset;
        if (where >= 0 && where < part.length) part[where] = byte;
      }
    }
    return part;
  },
});
