/** What vapp knows of a release of a distribution. Data only: no code depends on a release's name. */
export interface Release {
  os: string;
  /** For people. */
  title: string;
  codename: string;
  suite: string;
  components: readonly string[];
  /** The distribution's own mirror, used when the host's apt names none. */
  mirror: string;
  securityMirror: string;
  securitySuite: string;
  updatesSuite: string;
  arches: readonly string[];
  /** Package of the archive that holds the netboot kernel and initrd. */
  netbootPackage: string;
  /** Meta package of the kernel. */
  kernelPackage: string;
  /** File of `src/archive/keyrings` whose keys sign the suites. */
  keyring: string;
  libosinfo: string;
  /** Packages that the installer's hooks try to add on a virtual machine and that nobody asked for. */
  leaveOut: readonly string[];
}

export const releases: Readonly<Record<string, Release>> = {
  'debian-13': {
    os: 'debian-13',
    title: 'Debian 13 (trixie)',
    codename: 'trixie',
    suite: 'trixie',
    components: ['main', 'non-free-firmware'],
    mirror: 'http://ftp.debian.org/debian',
    securityMirror: 'http://security.debian.org/debian-security',
    securitySuite: 'trixie-security',
    updatesSuite: 'trixie-updates',
    arches: ['amd64'],
    netbootPackage: 'debian-installer-13-netboot-amd64',
    kernelPackage: 'linux-image-amd64',
    keyring: 'debian.asc',
    libosinfo: 'http://debian.org/debian/13',
    leaveOut: [
      'locales',
      'locales-all',
      'libc-l10n',
      'laptop-detect',
      'installation-report',
      'popularity-contest',
      'qemu-guest-agent',
    ],
  },
};
