import { basename } from 'node:path';
import { VappError } from '../errors.js';

/**
 * Modules that an installation into a virtual disk needs; most of the drivers of disks and of ext4 come from component
 * packages that a netboot initrd does not hold. Names as in modprobe(8).
 */
export const installerModules = [
  ...['ext4', 'jbd2', 'crc32c_generic', 'libcrc32c', 'dm-mod', 'loop'],
  ...['virtio_blk', 'virtio_scsi', 'virtio_net', 'virtio_console', 'virtio-rng'],
  ...['sd_mod', 'sr_mod', 'cdrom', 'libata', 'libahci', 'ahci', 'ata_piix', 'nvme'],
  ...['xen-blkfront', 'xen-netfront', 'e1000', 'e1000e'],
];

/** The name as modules.dep means it: `kernel/fs/ext4/ext4.ko.xz` is `ext4`; dashes and underscores are one. */
const moduleName = (path: string): string =>
  basename(path)
    .replace(/\.ko(\..*)?$/, '')
    .replaceAll('-', '_');

/** modules.dep(5): module file → the files that it needs, all of them. */
const parseDependencies = (text: string): Map<string, { path: string; needs: string[] }> => {
  const modules = new Map<string, { path: string; needs: string[] }>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const path = line.slice(0, colon);
    modules.set(moduleName(path), {
      path,
      needs: line
        .slice(colon + 1)
        .split(' ')
        .filter(Boolean),
    });
  }
  return modules;
};

/** Files of `names` and of what they need, sorted; built-in modules need none. Throws VAPP_INSTALLER_MODULE. */
export const moduleClosure = (names: readonly string[], dependencies: string, builtin: string): string[] => {
  const modules = parseDependencies(dependencies);
  const inKernel = new Set(builtin.split('\n').map(moduleName));
  const wanted = new Set<string>();
  for (const name of names.map(moduleName)) {
    const module = modules.get(name);
    if (module) for (const path of [module.path, ...module.needs]) wanted.add(path);
    else if (!inKernel.has(name)) {
      throw new VappError('VAPP_INSTALLER_MODULE', `the kernel package has no module ${name}`, {
        why: 'It is neither among its modules nor built into the kernel.',
      });
    }
  }
  return [...wanted].sort();
};

/** `usr/lib/modules/VERSION` of a tree whose /lib leads to /usr/lib. */
export const modulesPath = (version: string): string => `usr/lib/modules/${version}`;
