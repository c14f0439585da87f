import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { store } from '../../../src/archive/cache.js';
import { indexPackages } from '../../../src/archive/package-index.js';
import type { Suite } from '../../../src/archive/types.js';
import { fetchBootMedium } from '../../../src/build/stages/boot-medium.js';
import { temporary } from '../support.js';

/** A suite with one package, which is in the cache. */
async function suiteWith(name: string, path: string): Promise<{ suite: Suite; cache: string }> {
  const folder = temporary();
  const root = join(folder, name);
  const control = `Package: ${name}\nVersion: 1\nArchitecture: amd64\nMaintainer: M <m@mail.example>\nDescription: x\n`;
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  await writeFile(join(root, 'DEBIAN/control'), control);
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), 'GRUB');
  const deb = `${root}.deb`;
  await execa('dpkg-deb', ['-Znone', '--root-owner-group', '--build', root, deb]);
  const bytes = await readFile(deb);
  const cache = join(folder, 'cache');
  const sha256 = await store(cache, bytes);
  const stanza = `${control}Filename: pool/x.deb\nSize: ${bytes.length}\nSHA256: ${sha256}\n\n`;
  const packages = await indexPackages([{ label: 'Packages', bytes: Buffer.from(stanza) }]);
  return { suite: { mirror: 'http://mirror.example/debian', packages } as Suite, cache };
}

const path = 'usr/lib/grub-xen/grub-i386-xen_pvh.bin';
const emit = () => undefined;

test('a PVH guest boots GRUB out of the distribution’s own package', async () => {
  const { suite, cache } = await suiteWith('grub-xen-host', path);
  expect((await fetchBootMedium('xen-pvh', suite, { cache, emit }))?.toString()).toBe('GRUB');
});

test.each(['kvm', 'qemu', 'xen-hvm', 'xen-pv'] as const)('%s needs no medium', async (engine) => {
  expect(await fetchBootMedium(engine, {} as Suite, { cache: '', emit })).toBeUndefined();
});

test.each([
  ['no such package', 'other', path],
  ['no such file in it', 'grub-xen-host', 'usr/lib/other'],
])('a suite with %s is an error that names the file', async (_, name, file) => {
  const { suite, cache } = await suiteWith(name, file);
  await expect(fetchBootMedium('xen-pvh', suite, { cache, emit })).rejects.toMatchObject({
    code: 'VAPP_BOOTLOADER_PACKAGE',
    message: `The suite has no /${path}`,
  });
});
