import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { extractDeb, type FetchContext, fetchPackage, type Suite } from '../archive/index.js';
import { VappError } from '../errors.js';
import { cachedDirectory } from './cached-directory.js';
import { withDependencies } from './dependencies.js';

export interface ForeignTreeRequest extends FetchContext {
  suite: Suite;
  /** Packages whose programs will be run; what they depend on is added. */
  packages: readonly string[];
}

// Libraries that a program opens by itself are Recommends at best; documentation would only cost time.
const wanted = (name: string): boolean => /^(usr\/)?(bin|sbin|lib|lib64|libexec)\//.test(`${name}/`);

/**
 * Extracts packages of the archive with their dependencies into a directory of the cache and returns its path.
 * Nothing is configured and no maintainer script runs.
 */
export const foreignTree = async (request: ForeignTreeRequest): Promise<string> => {
  const stanzas = withDependencies(request.suite, request.packages);
  const key = createHash('sha256')
    .update(stanzas.map((stanza) => stanza.SHA256).join('\n'))
    .digest('hex');
  return cachedDirectory(join(request.cache, 'trees', key), async (temporary) => {
    for (const stanza of stanzas) {
      const deb = await fetchPackage(request.suite, stanza, request);
      await extractDeb(deb, temporary, ({ name }) => wanted(name));
    }
  });
};

/**
 * Runs a program of an extracted tree with that tree's own loader and libraries (ld.so(8)), so that the host needs
 * neither the program nor a matching libc, and every host gets the same result. `program` is relative to the tree.
 * Returns what it wrote to standard output. Throws VAPP_INSTALLER_FOREIGN.
 */
export const runForeign = async (tree: string, program: string, args: readonly string[]): Promise<string> => {
  if (process.arch !== 'x64') {
    throw new VappError(
      'VAPP_INSTALLER_HOST',
      `this host cannot run programs of amd64: it is ${process.arch}`,
      {
        why: 'The kit is made with programs of the release that it installs.',
        hint: 'Build on an amd64 host.',
      },
    );
  }
  const loader = join(tree, 'usr/lib64/ld-linux-x86-64.so.2');
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  const result = await execa(
    loader,
    ['--inhibit-cache', '--library-path', libraries, join(tree, program), ...args],
    { env: { LC_ALL: 'C' }, extendEnv: false, stdin: 'ignore', reject: false },
  );
  if (!result.failed) return result.stdout;
  throw new VappError('VAPP_INSTALLER_FOREIGN', `${program} of the release's own packages failed`, {
    why: result.exitCode === undefined ? result.shortMessage : `Its exit status is ${result.exitCode}.`,
    excerpt: result.stderr,
    cause: result,
  });
};
