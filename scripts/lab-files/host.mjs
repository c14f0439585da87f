// What the host must have before the lab starts.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { modes } from './modes.mjs';
import { Problem } from './problem.mjs';

/** For QEMU itself, and so that the host goes on living. */
const reserve = 512;

/** MiB that programs can still get: MemAvailable of proc_meminfo(5). */
export const availableMemory = (meminfo = readFileSync('/proc/meminfo', 'utf8')) =>
  Math.floor(Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? Number.POSITIVE_INFINITY) / 1024);

/** Throws a Problem when the lab would not fit, or is too small for its mode. */
export const needMemory = (mode, memory, available = availableMemory()) => {
  const { least, title } = modes[mode];
  if (memory < least)
    throw new Problem(
      `a lab with ${memory} MiB is too small for a ${title}`,
      `Type: --memory ${least}, or more`,
    );
  if (memory + reserve <= available) return;
  const fitting = Math.floor((available - reserve) / 256) * 256;
  throw new Problem(
    `the lab takes ${memory} MiB of memory, ${reserve} stay with the host, and only ${available} are available`,
    fitting >= least
      ? `Type: scripts/lab start ${mode} --memory ${fitting}`
      : `End some programs: a ${title} needs ${least} MiB at least.`,
  );
};

const listen = (port) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      const { port: bound } = server.address();
      server.close(() => resolve(bound));
    });
  });

/** The port of 127.0.0.1 that was asked for, or any that is free. */
export async function freePort(wanted) {
  try {
    return await listen(wanted ?? 0);
  } catch (error) {
    if (error.code === 'EADDRINUSE')
      throw new Problem(
        `port ${wanted} of 127.0.0.1 is taken`,
        'Leave --port out: one that is free is chosen.',
      );
    if (error.code === 'EACCES')
      throw new Problem(`port ${wanted} is root’s`, 'Type: --port with 1024 or more, or nothing');
    throw error;
  }
}
