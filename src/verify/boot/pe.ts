import { Damaged } from '../damaged.js';
import type { FileNode } from '../files/tree.js';
import { certificateNames } from './certificates.js';

/** What an EFI program says of itself. */
export interface PeReport {
  /** `x86_64`, `i386`, `aarch64`, `arm`, `riscv64`, or the number. */
  machine: string;
  /** `bad`: there is a certificate table, but it is not whole. Whether a signature is right is not checked. */
  signature: 'none' | 'present' | 'bad';
  /** Common names in the certificates that came with the signature, the signer's first as a rule. */
  signers: string[];
}

const machines: Readonly<Record<number, string>> = {
  332: 'i386',
  450: 'arm',
  34404: 'x86_64',
  43620: 'aarch64',
  20580: 'riscv64',
};

/** The certificate table's place among the data directories, and its type for a PKCS #7 signature. */
const securityDirectory = 4;
const pkcs7Type = 2;
const largestTable = 2 ** 18;

/**
 * Reads the headers of an EFI program (Microsoft, PE Format; the certificate table is its `Attribute Certificate Table`).
 * @throws Damaged when it is none.
 */
export async function readPe(file: FileNode): Promise<PeReport> {
  const head = await file.read(0, 4096);
  const at = head.length >= 64 && head.toString('latin1', 0, 2) === 'MZ' ? head.readUInt32LE(0x3c) : -1;
  if (at < 0 || at + 24 + 240 > head.length || head.toString('latin1', at, at + 4) !== 'PE\0\0')
    throw new Damaged('it is no EFI program');
  const machine = head.readUInt16LE(at + 4);
  const table = certificateTable(head, at + 24);
  return { machine: machines[machine] ?? machine.toString(16), ...(await readSignature(file, table)) };
}

function certificateTable(head: Buffer, optional: number): { offset: number; size: number } {
  const wide = head.readUInt16LE(optional) === 0x20b;
  const directories = optional + (wide ? 112 : 96);
  const none = { offset: 0, size: 0 };
  if (head.readUInt32LE(directories - 4) <= securityDirectory) return none;
  const at = directories + securityDirectory * 8;
  return { offset: head.readUInt32LE(at), size: head.readUInt32LE(at + 4) };
}

async function readSignature(
  file: FileNode,
  { offset, size }: { offset: number; size: number },
): Promise<Pick<PeReport, 'signature' | 'signers'>> {
  if (size === 0) return { signature: 'none', signers: [] };
  if (size < 9 || size > largestTable || offset + size > file.size) return { signature: 'bad', signers: [] };
  const table = await file.read(offset, size);
  const length = table.readUInt32LE(0);
  if (length < 9 || length > size || table.readUInt16LE(6) !== pkcs7Type)
    return { signature: 'bad', signers: [] };
  return { signature: 'present', signers: certificateNames(table.subarray(8, length)) };
}
