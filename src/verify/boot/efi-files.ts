import { Damaged } from '../damaged.js';
import type { FileNode, FileTree } from '../files/tree.js';
import type { Findings } from './findings.js';
import { type PeReport, readPe } from './pe.js';
import { type FoundVolume, nameOf } from './volumes.js';

/** A program for UEFI firmware that lies on the disk. */
export interface EfiFile extends PeReport {
  /** Number of its partition; undefined on a disk without any. */
  partition?: number;
  path: string;
  /** Bytes. */
  size: number;
}

const mostFiles = 200;
const deepest = 5;

/** Lists the programs below /EFI of a file system. What looks like one and is none becomes a note. */
export async function efiFiles(findings: Findings, volume: FoundVolume): Promise<EfiFile[]> {
  const found: EfiFile[] = [];
  try {
    for await (const { path, node } of programs(volume.tree!, '/EFI', 0)) {
      if (found.length >= mostFiles) break;
      const pe = await readProgram(node);
      if (!pe) findings.notes.push(`${path} on ${nameOf(volume)} is no EFI program.`);
      const partition = volume.partition && { partition: volume.partition.number };
      if (pe) found.push({ ...partition, path, size: node.size, ...pe });
    }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    findings.problems.push(`/EFI on ${nameOf(volume)} cannot be read: ${error.message}.`);
  }
  return found;
}

async function readProgram(node: FileNode): Promise<PeReport | undefined> {
  try {
    return await readPe(node);
  } catch (error) {
    if (error instanceof Damaged) return undefined;
    throw error;
  }
}

async function* programs(
  tree: FileTree,
  path: string,
  depth: number,
): AsyncGenerator<{ path: string; node: FileNode }> {
  const directory = await tree.find(path);
  if (directory?.kind !== 'directory' || depth > deepest) return;
  for (const name of (await directory.list()).slice(0, mostFiles)) {
    const below = `${path}/${name}`;
    const node = await tree.find(below);
    if (node?.kind === 'directory') yield* programs(tree, below, depth + 1);
    else if (node && /\.efi$/i.test(name)) yield { path: below, node };
  }
}
