import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import { unpackLzma } from './lzma.js';

const sectorSize = 512;
/** Blocks of a block list are 12 bytes: start LE64, length LE16, segment LE16. The list grows down from here. */
const blockListEnd = 0x1f4;
/** diskboot.img's code ends below this; a list that reaches it has no end mark. */
const blockListLimit = 0x150;
const diskbootStart = 0x5256be1b;
const decompressorAddress = 0x8200;
/** GRUB_DECOMPRESSOR_I386_PC_MAX_DECOMPRESSOR_SIZE of include/grub/offsets.h. */
const largestDecompressor = 9 * 1024 - 512;
/** The core is unpacked below the 1 MiB that modules are loaded to, so that nothing larger can run. */
const largestCore = 2 ** 22;
/** Sectors of one block, so that a list which only claims much is not followed. */
const mostSectors = 8192;

/** GRUB's core image as it lies on a disk. Sectors are of 512 bytes. */
export interface CoreOnDisk {
  /** Sector of its first part, which loads the others. */
  sector: number;
  blocks: { start: number; sectors: number }[];
  /** Bytes of the compressed part. */
  packedSize: number;
  /** Kernel and modules of GRUB. */
  data: Buffer;
}

/**
 * Reads the core image that GRUB's first sector (512 bytes) leads to, and unpacks it.
 * Offsets: GRUB 2.12, include/grub/offsets.h and grub-core/boot/i386/pc/{boot,diskboot,startup_raw}.S.
 * @throws Damaged
 */
export async function readCore(disk: Disk, bootSector: Buffer): Promise<CoreOnDisk> {
  const sector = Number(bootSector.readBigUInt64LE(0x5c));
  const first = await disk.read(sector * sectorSize, sectorSize);
  if (first.readUInt32BE(0) !== diskbootStart)
    throw new Damaged(`sector ${sector} does not hold the first sector of a core`);
  const blocks = blockListOf(first);
  const parts: Buffer[] = [];
  for (const { start, sectors } of blocks)
    parts.push(await disk.read(start * sectorSize, sectors * sectorSize));
  const body = Buffer.concat(parts);
  return { sector, blocks, ...(await unpackCore(body)) };
}

function blockListOf(first: Buffer): CoreOnDisk['blocks'] {
  const blocks: CoreOnDisk['blocks'] = [];
  for (let at = blockListEnd; at > blockListLimit; at -= 12) {
    const sectors = first.readUInt16LE(at + 8);
    if (sectors === 0) break;
    blocks.push({ start: Number(first.readBigUInt64LE(at)), sectors });
  }
  if (blocks.length === 0) throw new Damaged("the list of the core's sectors is empty");
  if (blocks.reduce((sum, { sectors }) => sum + sectors, 0) > mostSectors)
    throw new Damaged("the list of the core's sectors is too long");
  return blocks;
}

/**
 * Unpacks what follows the first sector of a core image: the decompressor and a raw LZMA stream. Also the file core.img
 * without its first sector.
 * @throws Damaged
 */
export async function unpackCore(body: Buffer): Promise<{ packedSize: number; data: Buffer }> {
  if (body.length < largestDecompressor) throw new Damaged('it is too short');
  if (body[0] !== 0xea || body.readUInt16LE(3) !== 0)
    throw new Damaged('it does not begin with the jump of its decompressor');
  const packedSize = body.readUInt32LE(8);
  const size = body.readUInt32LE(12);
  if (packedSize === 0 || packedSize > body.length || size < packedSize || size > largestCore)
    throw new Damaged(`it says that ${packedSize} bytes in ${body.length} become ${size}`);
  const start = streamStart(body);
  const packed = body.subarray(start, start + packedSize);
  if (packed.length < packedSize) throw new Damaged('the compressed part is cut off');
  const { data, used, clean } = await unpackLzma(packed, size);
  // The encoder flushes its last bytes whether the decoder wants them or not.
  if (!clean || packedSize - used > 4) throw new Damaged('the compressed part is not as it was written');
  return { packedSize, data };
}

/**
 * Where the compressed part begins: the decompressor loads that address and the target's just before it unpacks
 * (`movl $0x100000, %edi; movl $decompressor_end, %esi` in startup_raw.S). It is nowhere else.
 */
function streamStart(body: Buffer): number {
  const at = body.subarray(0, largestDecompressor).indexOf(Buffer.from('bf00001000be', 'hex'));
  const start = at < 0 ? -1 : body.readUInt32LE(at + 6) - decompressorAddress;
  if (start <= 0 || start > largestDecompressor) throw new Damaged('its decompressor is unknown');
  return start;
}
