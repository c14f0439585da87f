import { readFileSync, realpathSync } from 'node:fs';
import { execa } from 'execa';
import type { Tree } from '../../src/bootloader/tree.js';

const env = { LC_ALL: 'C' };

/** A kernel module as far as its .modinfo goes, made by gcc. */
export async function makeModule(...modinfo: string[]): Promise<Buffer> {
  const text = modinfo.map((entry) => `${entry}\\0`).join('');
  const source = `static const char info[] __attribute__((section(".modinfo"), used)) = "${text}";`;
  const { stdout } = await execa(
    'sh',
    ['-c', 'gcc -x c -c - -o "$0" && cat "$0" && rm "$0"', `${await temporary()}.o`],
    {
      input: source,
      encoding: 'buffer',
      env,
    },
  );
  return Buffer.from(stdout);
}

const temporary = async (): Promise<string> => (await execa('mktemp', ['-u'])).stdout;

export async function compressXz(data: Buffer): Promise<Buffer> {
  return Buffer.from((await execa('xz', ['-c'], { input: data, encoding: 'buffer', env })).stdout);
}

/** What the linker's own tool says of a file. */
export async function readelfNeeded(path: string): Promise<string[]> {
  const { stdout } = await execa('readelf', ['-d', path], { env });
  return [...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]!);
}

/** Libraries and loader that this machine's loader would load with a program: name → file. */
export async function lddFiles(path: string): Promise<Map<string, string>> {
  const { stdout } = await execa('ldd', [path], { env });
  const paths = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
  return new Map(paths.map((found) => [found.split('/').at(-1)!, realpathSync(found)]));
}

export const libraryFolder = 'usr/lib/x86_64-linux-gnu';

/** A tree that holds a program of this machine, and its libraries as packages do: the file, and a link by its soname. */
export async function treeOf(program: string): Promise<Tree> {
  const tree: Tree = new Map([['usr/bin/program', { mode: 0o755, data: readFileSync(program) }]]);
  for (const [name, file] of await lddFiles(program)) {
    tree.set(`${libraryFolder}/real-${name}`, { mode: 0o644, data: readFileSync(file) });
    tree.set(`${libraryFolder}/${name}`, { link: `real-${name}` });
  }
  tree.set('usr/lib64/ld-linux-x86-64.so.2', { link: `/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2` });
  return tree;
}
