/** A file or a directory of a file system that is only read. Methods reject with Damaged. */
export interface FileNode {
  kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  size: number;
  /** Fewer than asked for at the file's end. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Names in a directory, without `.` and `..`. */
  list(): Promise<string[]>;
  /** Where the content stands in the file system, in its order, in bytes; not every file system tells. Undefined for a file with holes. */
  places?(): Promise<{ offset: number; length: number }[] | undefined>;
}

/** The files of a file system. */
export interface FileTree {
  /** Why UEFI firmware does not read it, though its files can be read. */
  unfit?: string;
  /** Undefined when there is nothing by this path; symbolic links are followed. Rejects with Damaged. */
  find(path: string): Promise<FileNode | undefined>;
}

/** A file's first bytes; undefined when there is no such file. */
export async function readFile(tree: FileTree, path: string, most = 2 ** 20): Promise<Buffer | undefined> {
  const node = await tree.find(path);
  return node?.kind === 'file' ? await node.read(0, Math.min(node.size, most)) : undefined;
}

/** The components of a path. */
export const namesOf = (path: string): string[] =>
  path.split('/').filter((name) => name !== '' && name !== '.');
