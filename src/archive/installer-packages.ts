/**
 * What the installer's own steps install on a virtual machine, whatever the spec says: base-installer for the kernel's initramfs,
 * hw-detect for the buses that it finds, partman for the file systems that it makes. It goes on without most of them, and
 * the system would then differ from one that was installed from the whole archive.
 */
export const installerPackages: readonly string[] = [
  'busybox',
  'e2fsprogs',
  'initramfs-tools',
  'pciutils',
  'udev',
  'usbutils',
  'zstd',
];

/** What they ask for on some hardware or on some answers alone. From the `apt-install` calls of the installer's components. */
export const occasionalPackages: readonly string[] = [
  'amd64-microcode',
  'ca-certificates',
  'console-setup',
  'dosfstools',
  'efibootmgr',
  'eject',
  'hyperv-daemons',
  'intel-microcode',
  'keyboard-configuration',
  'locales',
  'lvm2',
  'mouseemu',
  'open-vm-tools',
  'pcmciautils',
  'sudo',
  'systemd-timesyncd',
  'tasksel',
  'unattended-upgrades',
];
