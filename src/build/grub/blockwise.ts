import type { ReadRange } from '../../bootloader/index.js';

/** Reads whole blocks and keeps the last one: for a source where each question costs a round trip. */
export function blockwise(read: ReadRange, blockBytes: number): ReadRange {
  let kept: { index: number; content: Buffer } | undefined;
  const blockAt = async (index: number): Promise<Buffer> => {
    if (kept?.index !== index) kept = { index, content: await read(index * blockBytes, blockBytes) };
    return kept.content;
  };
  return async (offset, length) => {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / blockBytes);
      const end = Math.min(offset + length, (index + 1) * blockBytes);
      parts.push((await blockAt(index)).subarray(at - index * blockBytes, end - index * blockBytes));
      at = end;
    }
    return Buffer.concat(parts);
  };
}
