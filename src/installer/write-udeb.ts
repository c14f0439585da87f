import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { CpioEntry } from './cpio.js';
import type { MadeComponent } from './made.js';
import { type FileTree, file, isDirectory, isLink, put, sortedEntries } from './tree.js';

const member = (name: string, data: Buffer): Buffer => {
  const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)];
  const head = `${fields.join('')}${String(data.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(head), data, Buffer.alloc(data.length % 2, '\n')]);
};

const kindOf = (entry: CpioEntry): 'directory' | 'symlink' | 'file' => {
  if (isDirectory(entry)) return 'directory';
  return isLink(entry) ? 'symlink' : 'file';
};

const archive = async (tree: FileTree): Promise<Buffer> => {
  const tar = pack();
  for (const entry of sortedEntries(tree)) {
    const type = kindOf(entry);
    const data = Buffer.from(entry.data ?? []);
    const header = {
      name: `./${entry.path}`,
      mode: entry.mode & 0o7777,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
      type,
    };
    if (type === 'symlink') tar.entry({ ...header, linkname: data.toString() });
    else if (type === 'directory') tar.entry(header);
    else tar.entry({ ...header, size: data.length }, data);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  // udpkg wants gzip or xz; stored blocks are the same on every host.
  return promisify(gzip)(Buffer.concat(chunks), { level: 0 });
};

/** Writes a component as a file (deb(5)), the same bytes every time. */
export const writeUdeb = async ({ control, files }: MadeComponent): Promise<Buffer> => {
  const text = [...control].map(([name, value]) => `${name}: ${value}\n`).join('');
  const controls: FileTree = new Map();
  put(controls, file('control', text));
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', await archive(controls)),
    member('data.tar.gz', await archive(files)),
  ]);
};
