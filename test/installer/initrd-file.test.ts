import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readCpio } from '../../src/installer/cpio.js';
import { appendFile } from '../../src/installer/initrd-file.js';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vapp-initrd-file-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

it.each([0, 1, 2_500_001])('makes one entry of a file with %i bytes', async (size) => {
  const file = join(await folder(), 'file');
  await writeFile(file, Buffer.alloc(size, 'x'));
  const chunks: Buffer[] = [];
  await appendFile(
    { file, path: 'a', permissions: 0o600 },
    async (data) => void chunks.push(Buffer.from(data)),
  );
  const [entry] = readCpio(Buffer.concat(chunks));
  expect(entry).toMatchObject({ path: 'a', mode: 0o100600 });
  expect(Buffer.alloc(size, 'x').equals(entry?.data ?? Buffer.alloc(0))).toBe(true);
});

it('says which file is gone', async () => {
  const file = join(await folder(), 'gone');
  await expect(appendFile({ file, path: 'a' }, async () => {})).rejects.toMatchObject({
    code: 'VAPP_SPEC_SOURCE_READ',
    message: `cannot read the file ${file}`,
    why: expect.stringContaining('ENOENT'),
  });
});

it('says that a file was cut while it was read, as the entry would be false', async () => {
  const file = join(await folder(), 'file');
  await writeFile(file, Buffer.alloc(2_500_000));
  let calls = 0;
  const cut = appendFile({ file, path: 'a' }, async () => {
    if (++calls === 2) await truncate(file, 1_500_000);
  });
  await expect(cut).rejects.toMatchObject({ why: 'it had 2500000 bytes, and ends after 1500000 now' });
});
