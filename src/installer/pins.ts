import { readFile } from 'node:fs/promises';

/** One component of the installer (a udeb), by its bytes. */
export interface Pin {
  name: string;
  version: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
  /** Below the mirror's URL. */
  path: string;
}

/** Components that are fetched when the archive's own index of them does not hold together. Pool files never change. */
export interface Pins {
  /** The point release whose index listed them: `13.7`. */
  release: string;
  components: Pin[];
}

/** What a disk with one file system and no boot loader needs beyond the netboot initrd; in the order of installing. */
export const componentNames: readonly string[] = [
  ...['apt-setup-udeb', 'apt-mirror-setup', 'base-installer', 'di-utils-mapdevfs', 'bootstrap-base'],
  ...['debootstrap-udeb', 'partman-base', 'libparted2-udeb', 'libparted-fs-resize0-udeb', 'dmidecode-udeb'],
  ...['libdevmapper1.02.1-udeb', 'partman-utils', 'partman-partitioning', 'partman-target', 'partman-auto'],
  ...['partman-basicfilesystems', 'partman-basicmethods', 'partman-ext3', 'partman-efi', 'dosfstools-udeb'],
  ...['disk-detect', 'clock-setup', 'tzsetup-udeb', 'libbsd0-udeb', 'libmd0-udeb', 'user-setup-udeb'],
  ...['pkgsel', 'finish-install', 'nobootloader'],
];

/** Reads the pins that ship with vapp. */
export const readPins = async (os: string, arch: string): Promise<Pins> =>
  JSON.parse(await readFile(new URL(`../../src/installer/pins/${os}-${arch}.json`, import.meta.url), 'utf8'));
