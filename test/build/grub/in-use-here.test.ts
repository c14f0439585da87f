import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { lockName, locksOf, mountOf } from '../../../src/build/grub/in-use-here.js';

test('files that are locked, of whatever kind the lock is', () => {
  const text = [
    '1: OFDLCK ADVISORY  READ -1 fe:00:3932185 100 101',
    '1: -> POSIX  ADVISORY  WRITE 77 08:12:55 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 591 00:1b:966 0 EOF',
    '',
  ].join('\n');
  expect(locksOf(text)).toEqual(['fe:00:3932185', '08:12:55', '00:1b:966']);
});

test('the kernel’s name of a locked file is ours', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vapp-lock-'));
  try {
    const file = join(folder, 'disk.img');
    await writeFile(file, 'x');
    const name = lockName(await stat(file, { bigint: true }));
    expect(locksOf(readFileSync('/proc/locks', 'utf8'))).not.toContain(name);
    const holder = execa('flock', [file, 'sh', '-c', 'echo held; read -r _'], { stdin: 'pipe' });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(locksOf(readFileSync('/proc/locks', 'utf8'))).toContain(name);
    holder.stdin.end('\n');
    await holder;
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('where a loop device is mounted, itself or a partition of it', () => {
  const line = (source: string, where: string) =>
    `36 35 98:0 / ${where} rw,noatime shared:1 - ext4 ${source} rw`;
  const text = [line('/dev/loop10', '/wrong'), line('/dev/loop1p2', '/mnt/my\\040disk')].join('\n');
  expect(mountOf('/dev/loop1', text)).toBe('/mnt/my disk');
  expect(mountOf('/dev/loop10', text)).toBe('/wrong');
  expect(mountOf('/dev/loop2', text)).toBeUndefined();
});
