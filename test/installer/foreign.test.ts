import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDependencies } from '../../src/installer/dependencies.js';
import { foreignTree, runForeign } from '../../src/installer/foreign.js';
import { failure, temporaryDirectory } from '../archive/support.js';
import { testMirror } from './support-kit.js';

const treeWith = async (loader: string): Promise<string> => {
  const tree = await temporaryDirectory();
  await mkdir(join(tree, 'usr/lib64'), { recursive: true });
  await writeFile(join(tree, 'usr/lib64/ld-linux-x86-64.so.2'), `#!/bin/sh\n${loader}\n`, { mode: 0o755 });
  return tree;
};

describe('withDependencies', () => {
  it('adds what packages depend on, each once', async () => {
    const { suite } = await testMirror();
    const names = withDependencies(suite, ['kmod', 'libc6']).map(({ Package }) => Package);
    expect(names).toEqual(['kmod', 'libc6']);
    expect(withDependencies(suite, ['kmod']).map(({ Package }) => Package)).toEqual(['kmod', 'libc6']);
  });
});

describe('foreignTree', () => {
  it('extracts packages once, and leaves nothing half done behind', async () => {
    const mirror = await testMirror();
    const request = { ...(await mirror.request()), packages: ['kmod'] };
    const tree = await foreignTree(request);
    expect(await readdir(join(tree, 'usr/sbin'))).toEqual(['depmod']);
    const asked = mirror.server.requests.length;
    expect(await foreignTree(request)).toBe(tree);
    expect(mirror.server.requests.length).toBe(asked);
    expect((await readdir(join(request.cache, 'trees'))).length).toBe(1);
  });
});

describe('runForeign', () => {
  it('runs a program by the tree’s own loader and libraries, in the C locale', async () => {
    const tree = await treeWith('echo "$@"; env | grep -v ^PWD=');
    const lines = (await runForeign(tree, 'usr/bin/tool', ['-x', 'a b'])).split('\n');
    expect(lines[0]).toBe(
      `--inhibit-cache --library-path ${tree}/usr/lib/x86_64-linux-gnu ${tree}/usr/bin/tool -x a b`,
    );
    expect(lines.slice(1).filter((line) => !/^(_|SHLVL)=/.test(line))).toEqual(['LC_ALL=C']);
  });

  it('shows what a failed program said', async () => {
    const tree = await treeWith('echo "no such module" >&2; exit 3');
    expect(await failure(runForeign(tree, 'usr/sbin/depmod', []))).toMatchObject({
      code: 'VAPP_INSTALLER_FOREIGN',
      why: 'Its exit status is 3.',
      excerpt: 'no such module',
    });
  });

  it('says so when the tree has no loader', async () => {
    expect(await failure(runForeign(await temporaryDirectory(), 'usr/sbin/depmod', []))).toMatchObject({
      code: 'VAPP_INSTALLER_FOREIGN',
      why: expect.stringContaining('ENOENT'),
    });
  });
});
