import type { Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ExecaError, execa } from 'execa';
import { noDecompressor } from './errors.js';

/** As in file names; '' is no compression. */
export type Compression = '' | 'gz' | 'xz' | 'zst';

const programs = { xz: ['xz', 'xz-utils'], zst: ['zstd', 'zstd'] } as const;

const decompressor = (compression: Compression): Duplex[] => {
  if (compression === '') return [];
  if (compression === 'gz') return [createGunzip()];
  const [program] = programs[compression];
  return [
    execa(program, ['-dc'], {
      buffer: { stdout: false },
      env: { LC_ALL: 'C' },
    }).duplex() as unknown as Duplex,
  ];
};

const isMissingProgram = (error: unknown): boolean => error instanceof ExecaError && error.code === 'ENOENT';

/**
 * Streams `source` through the decompressor into `sink`; at any failure all three are destroyed.
 * Throws VAPP_ARCHIVE_NO_DECOMPRESSOR when xz or zstd is not installed, else the failing stream's error.
 */
export const decompress = async (
  source: NodeJS.ReadableStream,
  compression: Compression,
  sink: NodeJS.WritableStream | Writable,
): Promise<void> => {
  try {
    await pipeline([source, ...decompressor(compression), sink as NodeJS.WritableStream]);
  } catch (error) {
    if (isMissingProgram(error) && (compression === 'xz' || compression === 'zst'))
      throw noDecompressor(programs[compression][0], programs[compression][1]);
    throw error;
  }
};
