// The lab's own QEMU, of the lab's own release: QEMU 7.2, which Debian 12 has, loses guests of emulated SVM now and then. At a
// #VMEXIT the guest gets registers of its host (seen: Xen "Triple fault" with Xen's own RIP; Linux "corrupted stack end").
import * as fs from 'node:fs';
import { join } from 'node:path';

/** Where it lies in an image's directory. */
export const emulatorDirectory = 'qemu';

const libraries = 'usr/lib/x86_64-linux-gnu';
const program = 'usr/bin/qemu-system-x86_64';
const firmware = ['usr/share/qemu', 'usr/share/seabios'];
const modules = `${libraries}/qemu`;

/** Copies QEMU with its firmware, its modules and all libraries of a tree; which of them it loads, its loader will find. */
export function takeEmulator(tree, directory) {
  const copy = (path, filter = () => true) =>
    fs.cpSync(join(tree, path), join(directory, path), { recursive: true, verbatimSymlinks: true, filter });
  for (const path of [program, ...firmware, modules]) copy(path);
  for (const name of fs.readdirSync(join(tree, libraries))) {
    if (/\.so(\.|$)/.test(name)) copy(join(libraries, name));
  }
}

/** How it is run on a host of another release: by the loader of its own (ld.so(8)). Relative to nothing of the host. */
export function emulatorCommand(directory) {
  const at = (path) => join(directory, path);
  return {
    program: at(`${libraries}/ld-linux-x86-64.so.2`),
    before: ['--library-path', at(libraries), at(program), ...firmware.flatMap((path) => ['-L', at(path)])],
    env: { QEMU_MODULE_DIR: at(modules) },
  };
}
