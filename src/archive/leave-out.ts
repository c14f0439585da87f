/** Hooks of the installer ask for these on their own, and go on when they are not found. */
const unasked = ['laptop-detect', 'installation-report', 'popularity-contest', 'qemu-guest-agent'];

/** localechooser asks for them whenever the locale is not plain `C`. */
const localePackages = ['locales', 'locales-all', 'libc-l10n'];

/** Locales that libc has built in: locale(7), glibc 2.35. */
const builtInLocale = /^(C|POSIX)(\.UTF-8)?$/i;

/** Names that the install archive shall not offer, so that nothing gets in which nobody asked for. */
export const leaveOutFor = (locale: string): string[] => [
  ...unasked,
  ...(builtInLocale.test(locale) ? localePackages : []),
];

/**
 * What the installer's own steps may ask for, by hardware, layout and answers, without insisting: offered when the suite has it,
 * neither repacked nor missed. From the `apt-install` calls of the installer's components.
 */
export const toleratedPackages: readonly string[] = [
  'busybox',
  'ca-certificates',
  'chrony',
  'console-setup',
  'dosfstools',
  'e2fsprogs',
  'efibootmgr',
  'eject',
  'gnupg',
  'grub-common',
  'grub-efi-amd64',
  'grub-pc',
  'grub2-common',
  'ifupdown',
  'initramfs-tools',
  'keyboard-configuration',
  'locales',
  'lvm2',
  'os-prober',
  'pciutils',
  'sudo',
  'systemd-timesyncd',
  'tasksel',
  'udev',
  'unattended-upgrades',
  'usbutils',
  'zstd',
];
