/** Makes core images as GRUB's own tools lay them out, with a compressor that knows literals only. */

const top = 2 ** 24;

/** The encoder of LZMA's range coder, the mirror of src/verify/boot/range-decoder.ts. */
class RangeEncoder {
  #low = 0;
  #range = 0xffff_ffff;
  #cache = 0;
  #pending = 1;
  readonly bytes: number[] = [];

  bit(probabilities: Uint16Array, index: number, bit: number): void {
    const probability = probabilities[index]!;
    const bound = (this.#range >>> 11) * probability;
    if (bit === 0) {
      this.#range = bound;
      probabilities[index] = probability + ((2048 - probability) >>> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      probabilities[index] = probability - (probability >>> 5);
    }
    while (this.#range < top) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
  }

  finish(): Buffer {
    for (let count = 0; count < 5; count += 1) this.#shift();
    return Buffer.from(this.bytes);
  }

  #shift(): void {
    if (this.#low < 0xff00_0000 || this.#low > 0xffff_ffff) {
      const carry = this.#low > 0xffff_ffff ? 1 : 0;
      for (let byte = this.#cache; this.#pending > 0; this.#pending -= 1, byte = 0xff)
        this.bytes.push((byte + carry) & 0xff);
      this.#cache = Math.floor(this.#low / top) & 0xff;
    }
    this.#pending += 1;
    this.#low = (this.#low % top) * 256;
  }
}

/** A raw LZMA1 stream (lc 3, lp 0, pb 2) without end mark, all of literals. */
export function packLzma(data: Buffer): Buffer {
  const coder = new RangeEncoder();
  const isMatch = new Uint16Array(4).fill(1024);
  const literals = new Uint16Array(0x300 * 8).fill(1024);
  for (const [at, byte] of data.entries()) {
    coder.bit(isMatch, at & 3, 0);
    const from = 0x300 * ((at > 0 ? data[at - 1]! : 0) >>> 5);
    for (let symbol = 1, left = 7; left >= 0; left -= 1) {
      const bit = (byte >>> left) & 1;
      coder.bit(literals, from + symbol, bit);
      symbol = symbol * 2 + bit;
    }
  }
  return coder.finish();
}

export interface CoreOptions {
  prefix?: string;
  config?: string;
  modules?: string[];
}

/** An ELF object of two sections: its names, and .modname. */
function moduleObject(name: string): Buffer {
  const bytes = Buffer.alloc(52 + 3 * 40 + 128);
  bytes.write('\x7fELF\x01', 0, 'latin1');
  bytes.writeUInt32LE(52, 32);
  bytes.writeUInt16LE(3, 48);
  bytes.writeUInt16LE(1, 50);
  const texts = 52 + 3 * 40;
  bytes.writeUInt32LE(texts, 52 + 40 + 16);
  bytes.writeUInt32LE(1, 52 + 80);
  bytes.writeUInt32LE(texts + 64, 52 + 80 + 16);
  bytes.write('\0.modname\0', texts, 'latin1');
  bytes.write(`${name}\0`, texts + 64, 'latin1');
  return bytes;
}

function coreObject(type: number, content: Buffer): Buffer {
  const padded = Math.ceil(content.length / 4) * 4;
  const bytes = Buffer.alloc(8 + padded);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  content.copy(bytes, 8);
  return bytes;
}

/** What a core unpacks to: a kernel that is none, and the objects behind it. */
export function unpackedCore({
  prefix = '(,msdos1)/boot/grub',
  config,
  modules = ['ext2', 'part_msdos', 'part_gpt', 'biosdisk'],
}: CoreOptions = {}): Buffer {
  const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'latin1');
  const objects = [
    ...modules.map((name) => coreObject(0, moduleObject(name))),
    ...(config === undefined ? [] : [coreObject(2, text(config))]),
    coreObject(3, text(prefix)),
  ];
  const header = Buffer.alloc(12);
  header.write('mimg', 0, 'latin1');
  header.writeUInt32LE(12, 4);
  header.writeUInt32LE(12 + objects.reduce((sum, { length }) => sum + length, 0), 8);
  // Kernels name the magic number in their code, which is no header.
  const kernel = Buffer.alloc(20_000, 'code and text ');
  kernel.write('mimg', 4000, 'latin1');
  return Buffer.concat([kernel, header, ...objects]);
}

const decompressorSize = 2848;

/** A core.img as grub-mkimage writes it. */
export function coreImage(o: CoreOptions = {}): Buffer {
  const data = unpackedCore(o);
  const packed = packLzma(data);
  const first = Buffer.alloc(512);
  Buffer.from('5256be1b81', 'hex').copy(first);
  const decompressor = Buffer.alloc(decompressorSize, 0x90);
  Buffer.from('ea1c820000', 'hex').copy(decompressor);
  decompressor.writeUInt32LE(packed.length, 8);
  decompressor.writeUInt32LE(data.length, 12);
  Buffer.from('bf00001000be', 'hex').copy(decompressor, 0x100);
  decompressor.writeUInt32LE(0x8200 + decompressorSize, 0x106);
  return Buffer.concat([first, decompressor, packed]);
}

/** The code of boot.img as grub-bios-setup leaves it, for a core in this sector. */
export function bootImage(coreSector: number): Buffer {
  const bytes = Buffer.alloc(440);
  Buffer.from('eb6390', 'hex').copy(bytes, 0);
  bytes.writeUInt16LE(0x8000, 0x5a);
  bytes.writeBigUInt64LE(BigInt(coreSector), 0x5c);
  bytes.write('GRUB \0Geom\0Hard Disk\0Read\0 Error', 0x180, 'latin1');
  return bytes;
}

/** Writes boot code and core to a disk as grub-bios-setup does: the core in one piece from this sector on. */
export function installGrub(disk: Buffer, sector: number, core: Buffer, boot = bootImage(sector)): void {
  boot.copy(disk, 0, 0, 440);
  disk.writeBigUInt64LE(BigInt(sector), 0x5c);
  const at = sector * 512;
  core.copy(disk, at);
  disk.writeBigUInt64LE(BigInt(sector + 1), at + 0x1f4);
  disk.writeUInt16LE(Math.ceil(core.length / 512) - 1, at + 0x1fc);
}
