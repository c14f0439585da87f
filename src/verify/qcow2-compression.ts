import { inflateRawSync } from 'node:zlib';
import { execa } from 'execa';
import { unreadable } from './qcow2-errors.js';

/**
 * The cluster at the beginning of a raw deflate stream; what follows it in its last sector belongs to another one.
 * @throws VAPP_VERIFY_QCOW2
 */
export function inflateCluster(packed: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: size });
  } catch (cause) {
    throw unreadable('A compressed cluster is damaged.', cause);
  }
}

/**
 * The cluster at the beginning of a zstd stream: its bytes and perhaps more, or fewer when it is damaged.
 * @throws VAPP_VERIFY_QCOW2 when there is no zstd.
 */
export async function unzstdCluster(packed: Buffer, size: number): Promise<Buffer> {
  const child = await execa('zstd', ['-d', '-c', '-q'], {
    input: packed,
    encoding: 'buffer',
    env: { LC_ALL: 'C' },
    maxBuffer: size * 8,
    reject: false,
  });
  if (child.code === 'ENOENT')
    throw unreadable('Its clusters are compressed with zstd, and there is no zstd here.');
  return Buffer.from(child.stdout ?? []);
}
