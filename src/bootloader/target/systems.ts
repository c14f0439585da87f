import {
  Damaged,
  type Disk,
  type FileTree,
  type FoundVolume,
  findVolumes,
  type PartitionTable,
  readFile,
  readPartitionTable,
} from '../../verify/index.js';
import { elfMachine } from '../elf.js';

/** A Linux system in a partition that can be read from outside. */
export interface FoundSystem {
  /** The partition's number. */
  partition: number;
  /** `Debian GNU/Linux 13 (trixie)`; empty when it does not say. */
  name: string;
  /** ELF machine of its programs; undefined when it has none. */
  machine?: number;
}

/** What reading alone finds out about a disk. */
export interface ExaminedDisk {
  size: number;
  table: PartitionTable;
  volumes: readonly FoundVolume[];
  systems: FoundSystem[];
  /** Numbers of partitions that may hold a system which only a mount shows: xfs, btrfs, LVM. */
  hidden: number[];
  /** Of encrypted partitions. */
  encrypted: number[];
}

const hiding = new Set(['xfs', 'btrfs', 'lvm', 'raid']);

/** Reads partition table, file systems and what they hold. Rejects only when the disk itself cannot be read. */
export async function examineDisk(disk: Disk): Promise<ExaminedDisk> {
  const table = await readPartitionTable(disk);
  const volumes = await findVolumes(disk, table);
  const systems: FoundSystem[] = [];
  for (const { partition, tree } of volumes) {
    const system = partition && tree && (await systemIn(tree));
    if (system) systems.push({ partition: partition.number, ...system });
  }
  const numbersOf = (wanted: (type: string) => boolean): number[] =>
    volumes.flatMap(({ partition, content }) => (partition && wanted(content.type) ? partition.number : []));
  return {
    size: disk.size,
    table,
    volumes,
    systems,
    hidden: numbersOf((type) => hiding.has(type)),
    encrypted: numbersOf((type) => type === 'luks'),
  };
}

/** The same signs as in find-root.sh. A file system that is damaged there holds none that could be used. */
async function systemIn(tree: FileTree): Promise<Omit<FoundSystem, 'partition'> | undefined> {
  try {
    const release =
      (await readFile(tree, '/etc/os-release')) ?? (await readFile(tree, '/etc/debian_version'));
    if (!release || !(await tree.find('/usr'))) return undefined;
    const machine = await machineOf(tree);
    const [, name = ''] = /^PRETTY_NAME="?([^"\n]*)/m.exec(release.toString('utf8')) ?? [];
    return { name, ...(machine !== undefined && { machine }) };
  } catch (error) {
    if (error instanceof Damaged) return undefined;
    throw error;
  }
}

const programs = ['/bin/sh', '/usr/bin/sh', '/usr/bin/env', '/sbin/init', '/usr/lib/systemd/systemd'];

async function machineOf(tree: FileTree): Promise<number | undefined> {
  for (const path of programs) {
    const head = await readFile(tree, path, 20);
    const machine = head && elfMachine(head);
    if (machine !== undefined) return machine;
  }
  return undefined;
}
