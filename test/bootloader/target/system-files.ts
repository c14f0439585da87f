import { type Files, kernelFiles } from '../../verify/disk-image.js';

/** The head of a program for a machine: elf(5). */
export function programFor(machine: number): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeUInt16LE(machine, 18);
  return head;
}

/** What tells a Linux system, and a kernel for it. */
export const systemFiles = (machine = 62): Files => ({
  ...kernelFiles,
  '/etc/os-release': 'PRETTY_NAME="A system"\nID=some\n',
  '/usr/bin/dash': programFor(machine),
  '/usr/bin/sh': '->dash',
  '/bin': '->usr/bin',
});
