/** Makes the first MiBs of disks as GRUB 2.12's installer leaves them: the bytes that the check knows, else filler. */
export interface BootDisk {
  bytes: Buffer;
  /** Offset of the core's first sector. */
  core: number;
}

const sector = 512;
const coreSectors = 111;

function putBootImage(bytes: Buffer, coreSector: number): void {
  Buffer.from('eb6390', 'hex').copy(bytes, 0);
  bytes.writeUInt16LE(0x8000, 0x5a);
  bytes.writeBigUInt64LE(BigInt(coreSector), 0x5c);
  bytes.write('GRUB \0Geom\0Hard Disk\0Read\0 Error', 0x180, 'latin1');
  bytes.writeUInt16LE(0xaa55, 0x1fe);
}

function putCore(bytes: Buffer, coreSector: number): void {
  const at = coreSector * sector;
  Buffer.from('5256be1b81', 'hex').copy(bytes, at);
  bytes.writeBigUInt64LE(BigInt(coreSector + 1), at + 0x1f4);
  bytes.writeUInt16LE(coreSectors, at + 0x1fc);
  bytes.fill(0xa5, at + sector, at + sector * (coreSectors + 1));
  Buffer.from('ea1c820000', 'hex').copy(bytes, at + sector);
  bytes.writeUInt32LE(25_072, at + sector + 8);
}

export function dosDisk(): BootDisk {
  const bytes = Buffer.alloc(2 ** 20);
  putBootImage(bytes, 1);
  putCore(bytes, 1);
  bytes[0x1be + 4] = 0x83;
  bytes.writeUInt32LE(2048, 0x1be + 8);
  return { bytes, core: sector };
}

export function gptDisk(): BootDisk {
  const bytes = Buffer.alloc(2 * 2 ** 20);
  putBootImage(bytes, 2048);
  putCore(bytes, 2048);
  bytes[0x1be + 4] = 0xee;
  bytes.writeUInt32LE(1, 0x1be + 8);
  bytes.write('EFI PART', sector, 'latin1');
  bytes.writeBigUInt64LE(2n, sector + 72);
  bytes.writeUInt32LE(128, sector + 80);
  bytes.writeUInt32LE(128, sector + 84);
  bytes.write('Hah!IdontNeedEFI', 2 * sector, 'latin1');
  bytes.writeBigUInt64LE(2048n, 2 * sector + 32);
  bytes.writeBigUInt64LE(4095n, 2 * sector + 40);
  return { bytes, core: 2048 * sector };
}
