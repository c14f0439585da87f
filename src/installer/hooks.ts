import { readFile } from 'node:fs/promises';
import type { CpioEntry } from './cpio.js';
import { file } from './tree.js';

/** A file of `src/installer/hooks`, its place in the initrd and its permissions. */
type Hook = readonly [source: string, path: string, permissions: number];

const startup: readonly Hook[] = [
  ['syslog-copier', 'usr/lib/debian-installer-startup.d/S11vapp-log', 0o755],
  ['net-retriever', 'usr/lib/debian-installer/retriever/net-retriever', 0o755],
];

/**
 * Each of the installer's hooks that does nothing in a virtual machine but install a package that a release's `leaveOut`
 * names: two seconds for each under emulation, to find that it isn't offered.
 */
const idleHooks = [
  'usr/lib/pre-pkgsel.d/10laptop-detect',
  'usr/lib/pre-pkgsel.d/50save-logs',
  'usr/lib/pre-pkgsel.d/90popcon',
  'usr/lib/finish-install.d/08hw-detect',
];

// Numbers: after debootstrap's own steps, before apt; after user-setup (06) and base-installer (90), before the logs
// are saved (94) and the target unmounted (95); before the reboot (99).
const tuned: readonly Hook[] = [
  ['nothing', 'usr/sbin/depmod', 0o755],
  ...idleHooks.map((path): Hook => ['nothing', path, 0o755]),
  ['debconf-set-selections', 'usr/bin/debconf-set-selections', 0o755],
  ['debootstrap', 'usr/sbin/debootstrap', 0o755],
  ['partman-finish', 'usr/lib/partman/finish.d/95vapp', 0o755],
  ['base-installer', 'usr/lib/base-installer.d/05vapp', 0o755],
  ['apt-setup', 'usr/lib/apt-setup/generators/00vapp', 0o755],
  ['finish-appliance', 'usr/lib/finish-install.d/92vapp-appliance', 0o755],
  ['finish-clean', 'usr/lib/finish-install.d/93vapp-clean', 0o755],
  ['finish-end', 'usr/lib/finish-install.d/98vapp-end', 0o755],
  ['lib.sh', 'vapp/lib.sh', 0o644],
  ['appliance-lib.sh', 'vapp/appliance-lib.sh', 0o644],
  ['target/grub.cfg', 'vapp/target/grub.cfg', 0o644],
  ['target/initramfs.conf', 'vapp/target/initramfs.conf', 0o644],
  ['target/initramfs.modules', 'vapp/target/initramfs.modules', 0o644],
  ['target/interfaces', 'vapp/target/interfaces', 0o644],
  ['target/any-interface', 'vapp/target/any-interface', 0o755],
];

/**
 * `tuned`: what a build uses. `plain`: the same bits run as the distribution's own images do, for comparison:
 * components as files through the retriever, all languages, Debian's own loader and depmod, no hooks.
 */
export type KitVariant = 'tuned' | 'plain';

/** Reads the scripts that a kit adds to the installer, as entries of its initrd. */
export const readHooks = (variant: KitVariant): Promise<CpioEntry[]> => {
  const hooks = variant === 'plain' ? startup : [...startup, ...tuned];
  return Promise.all(
    hooks.map(async ([source, path, permissions]) => {
      const url = new URL(`../../src/installer/hooks/${source}`, import.meta.url);
      return file(path, await readFile(url), permissions);
    }),
  );
};
