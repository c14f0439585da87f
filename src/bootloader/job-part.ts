import { fileType, writeCpio } from '../installer/cpio.js';

// Inside single quotes a shell takes every byte as it is, but the quote itself: POSIX.1-2017, Shell, 2.2.2.
const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/**
 * A cpio archive with `vapp/job.env`, shell assignments that the finisher guest's init reads; a multiple of four bytes.
 * @throws RangeError for a value with a NUL, which no environment can hold.
 */
export function jobPart(variables: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (value.includes('\0')) throw new RangeError(`${name} holds a NUL`);
    return `${name}=${quote(value)}\n`;
  });
  return writeCpio([
    { path: 'vapp', mode: fileType.directory | 0o755 },
    { path: 'vapp/job.env', mode: fileType.file | 0o600, data: Buffer.from(lines.join('')) },
  ]);
}
