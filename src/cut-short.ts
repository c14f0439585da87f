import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Whether the last line of a file has no end: a full disk or a crash of the host cuts one. Throws what the file system does. */
export function isCutShort(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
  } finally {
    closeSync(fd);
  }
}
