// What the lab's image is made of. Everything that goes into the hash of the recipe stands here or in `set-up`.
import { createHash } from 'node:crypto';

const packages = {
  system: ['systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'procps', 'less', 'ca-certificates', 'zstd'],
  kernel: ['linux-image-amd64', 'initramfs-tools'],
  ssh: ['openssh-server', 'netcat-openbsd'],
  libvirt: [
    'libvirt-daemon-system',
    'libvirt-daemon-driver-qemu',
    'libvirt-daemon-driver-xen',
    'libvirt-daemon-driver-network',
    'libvirt-daemon-driver-storage',
    'libvirt-daemon-config-network',
    'libvirt-clients',
  ],
  network: ['dnsmasq-base', 'bridge-utils', 'iptables', 'nftables'],
  qemu: ['qemu-system-x86', 'qemu-utils'],
  xen: ['xen-system-amd64', 'qemu-system-xen', 'grub-xen-host'],
  disks: ['kpartx', 'dmsetup', 'fdisk'],
};

const leftOut = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/**
 * The recipe, as data. Pure.
 * @param o { release: of src/releases.ts, mirror?, securityMirror?: of the host's apt, setUp: text of the script `set-up` }
 */
export const makeRecipe = ({ release, mirror, securityMirror, setUp }) => {
  const components = release.components.join(' ');
  return {
    suite: release.suite,
    sources: [
      `${mirror ?? release.mirror} ${release.suite} ${components}`,
      `${securityMirror ?? release.securityMirror} ${release.securitySuite} ${components}`,
    ],
    packages: Object.values(packages).flat(),
    leftOut,
    /** To be changed when something else is taken out of the tree. */
    format: 2,
    /** GiB; the file takes no more than is written. */
    disk: 24,
    setUp,
  };
};

/** Names the image in the cache: another recipe makes another image. */
export const recipeHash = (recipe) =>
  createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);

/** mmdebstrap's arguments. Its hooks see the tree's directory as $1. */
export const mmdebstrapArguments = (recipe, { tree, keyring, setUpFile }) => [
  '--mode=root',
  '--variant=minbase',
  '--format=directory',
  '--aptopt=APT::Install-Recommends "false"',
  ...recipe.leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
  `--include=${recipe.packages.join(',')}`,
  `--essential-hook=upload ${setUpFile} /set-up`,
  '--essential-hook=chroot "$1" sh /set-up initramfs',
  '--customize-hook=chroot "$1" sh /set-up system',
  '--customize-hook=rm "$1/set-up"',
  recipe.suite,
  tree,
  ...recipe.sources.map((source) => `deb [signed-by=${keyring}] ${source}`),
];
