import { type CpioEntry, fileType, parents, writeCpio } from '../installer/cpio.js';
import type { DriverSet } from './collect.js';
import type { Tree } from './tree.js';

/** Mount points and the links of a merged /usr, by which programs are called and the loader is found. */
const folders = ['dev', 'etc', 'proc', 'run', 'sys', 'target', 'tmp', 'usr/bin'];
const links = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' };

const text = (data: string): Buffer => Buffer.from(data, 'utf8');

/** The finisher's root file system as a newc archive: sorted by path, so that the same content gives the same bytes. */
export function layOut(
  tools: Tree,
  { modules, orders }: DriverSet,
  scripts: Readonly<Record<string, Buffer>>,
): Buffer {
  const entries = new Map<string, CpioEntry>();
  const put = (path: string, mode: number, data: Buffer): void => {
    entries.set(path, { path, mode, data });
  };
  for (const [path, target] of Object.entries(links)) put(path, fileType.link | 0o777, text(target));
  for (const [path, node] of tools) {
    if ('link' in node) put(path, fileType.link | 0o777, text(node.link));
    else put(path, fileType.file | (node.mode & 0o755), node.data);
  }
  for (const { name, data } of modules) put(`vapp/modules/${name}.ko`, fileType.file | 0o644, data);
  for (const [name, list] of Object.entries(orders)) {
    const lines = list.map((module) => `${module}.ko\n`).join('');
    put(`vapp/modules/${name}`, fileType.file | 0o644, text(lines));
  }
  for (const [name, data] of Object.entries(scripts)) put(`vapp/${name}`, fileType.file | 0o755, data);
  return writeCpio([...withFolders(entries)].sort((a, b) => (a.path < b.path ? -1 : 1)));
}

function withFolders(files: ReadonlyMap<string, CpioEntry>): CpioEntry[] {
  const paths = new Set([
    ...folders.flatMap((path) => [...parents(path), path]),
    ...[...files.keys()].flatMap(parents),
  ]);
  return [...[...paths].map((path) => ({ path, mode: fileType.directory | 0o755 })), ...files.values()];
}
