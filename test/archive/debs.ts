import { execFileSync } from 'node:child_process';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import { temporaryDirectory } from './support.js';

export type DpkgCompression = 'xz' | 'zstd' | 'gzip' | 'none';

/** A package made by dpkg-deb, with a file of every usual kind. */
export const buildDeb = async (compression: DpkgCompression): Promise<string> => {
  const directory = await temporaryDirectory();
  const root = join(directory, 'root');
  const write = async (name: string, data: string, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), data, { mode });
  };
  await write(
    'DEBIAN/control',
    'Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Me <me@mail.example>\nDescription: x\n',
  );
  await write('DEBIAN/postinst', '#!/bin/sh\nexit 0\n', 0o755);
  await write('usr/bin/hello', '#!/bin/sh\necho hello\n', 0o755);
  await write(`usr/share/${'long/'.repeat(60)}name`, 'long');
  await write('usr/share/Grüße', 'umlaut');
  await write('usr/share/empty', '');
  await symlink('bin/hello', join(root, 'usr/hello'));
  await link(join(root, 'usr/bin/hello'), join(root, 'usr/bin/other'));
  const path = join(directory, `hello-${compression}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', root, path], {
    stdio: 'pipe',
  });
  return path;
};

export interface Member {
  name: string;
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo' | 'character-device';
  linkname?: string;
  content?: string;
  mode?: number;
}

const tar = async (members: readonly Member[]): Promise<Buffer> => {
  const archive = pack();
  for (const { content = '', ...header } of members) archive.entry({ mode: 0o644, ...header }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
};

export const ar = (members: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...members.flatMap(([name, data]) => [
      Buffer.from(
        `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${`${data.length}`.padEnd(10)}\`\n`,
      ),
      data,
      Buffer.from(data.length % 2 ? '\n' : ''),
    ]),
  ]);

/** A package with just these members in its uncompressed data archive. */
export const craftDeb = async (members: readonly Member[]): Promise<string> => {
  const path = join(await temporaryDirectory(), 'crafted.deb');
  const control = await tar([{ name: './control', content: 'Package: crafted\n' }]);
  const parts = [
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar', control],
    ['data.tar', await tar(members)],
  ] as const;
  await writeFile(path, ar(parts));
  return path;
};
