import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskFailure } from '../../src/build/disk-failure.js';
import { VappError } from '../../src/errors.js';
import { temporary } from './support.js';

test('a full disk is no bug of vapp’s, and the file is named', async () => {
  // Writes to it fail with ENOSPC: full(4).
  const error = await writeFile('/dev/full', 'x').catch((cause: unknown) => cause);
  expect(diskFailure(Object.assign(error as Error, { path: '/state/initrd' }))).toMatchObject({
    code: 'VAPP_HOST_DISK',
    message: '/state/initrd cannot be written',
    why: 'no space is left on its file system',
    hint: 'df -h /state/initrd',
    cause: error,
  });
});

test('of a copy it is the copy that cannot be written', () => {
  const error = Object.assign(new Error('ENOSPC'), {
    code: 'ENOSPC',
    path: '/cache/kit',
    dest: '/state/initrd',
  });
  expect(diskFailure(error)?.message).toBe('/state/initrd cannot be written');
});

test('other errors are left as they are', async () => {
  const missing = await copyFile(join(temporary(), 'none'), '/dev/null').catch((cause: unknown) => cause);
  expect(diskFailure(missing)).toBeUndefined();
  expect(diskFailure(new VappError('VAPP_HOST_LOCK', 'x'))).toBeUndefined();
  expect(diskFailure('text')).toBeUndefined();
});
