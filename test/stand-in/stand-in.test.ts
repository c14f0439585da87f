import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkDisk } from '../../src/verify/index.js';
// @ts-expect-error: run by Node as it is.
import { makeDisk } from './disk.mjs';

const guest = new URL('./guest/', import.meta.url).pathname;

test('the stand-in’s disk has one active ext4 partition with all that the finisher works on', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'vapp-stand-in-test-'));
  try {
    const kernel = join(scratch, 'kernel');
    writeFileSync(kernel, 'a kernel');
    const parts = { kernel, kernelVersion: '6.12-test', busybox: Buffer.from('a shell'), modules: [] };
    const image: Buffer = await makeDisk(parts);
    const read = async (at: number, length: number) => image.subarray(at, at + length);
    const report = await checkDisk({ size: image.length, read });
    expect(report.partitions).toMatchObject([{ number: 1, active: true, content: { type: 'ext4' } }]);
    const file = join(scratch, 'partition');
    writeFileSync(file, image.subarray(2 ** 20));
    const listed = execFileSync('debugfs', ['-R', 'ls -p /boot', file], { encoding: 'utf8', stdio: 'pipe' });
    expect(listed).toContain('/vmlinuz-6.12-test/');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

test('the shell takes each script of the stand-in’s guests', () => {
  const names = readdirSync(guest);
  expect(names).toContain('installer-init');
  for (const name of names) execFileSync('sh', ['-n', join(guest, name)]);
});
