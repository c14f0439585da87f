import type { Release } from '../releases.js';
import type { Appliance } from '../spec/appliance.js';
import type { Answer } from './answer.js';
import type { PreseedLine } from './line.js';
import { network, place } from './locality.js';
import { securityHost, splitMirror } from './mirror.js';
import { includedPackages } from './packages.js';

export interface PreseedOptions {
  /** URI of the proxy as the installer guest sees it. */
  proxy: string;
  release: Release;
  /** Packages that vapp adds to the spec's. */
  extraPackages?: readonly string[];
  /** The target disk in the installer guest; default `/dev/vda`. */
  disk?: string;
}

/** Through the proxy every mirror is spoken to by http, under its own name. */
function mirror(a: Appliance, o: PreseedOptions): Answer[] {
  const { host, directory } = splitMirror(a.mirror);
  return [
    ['select', 'mirror/protocol', 'http', 'mirror'],
    ['string', 'mirror/country', 'manual', 'mirror'],
    ['string', 'mirror/http/hostname', host, 'mirror'],
    ['string', 'mirror/http/directory', directory, 'mirror'],
    ['string', 'mirror/http/proxy', o.proxy, 'vapp'],
    ['select', 'mirror/suite', o.release.suite, 'os'],
    ['string', 'mirror/codename', o.release.codename, 'os'],
  ];
}

/** Locked: no password fits. */
const isLocked = (hash: string | undefined): boolean => hash === undefined || /^[!*]$/.test(hash);

/**
 * `*` and not `!` locks the password: user-setup takes a lone `!` for "not answered" and asks.
 * Further users and all keys are made by vapp's own hook: d-i knows one user and no keys.
 */
function people(a: Appliance): Answer[] {
  const rootPassword = isLocked(a.root.passwordHash) ? '*' : a.root.passwordHash!;
  return [
    ['boolean', 'passwd/root-login', 'true', 'vapp'],
    ['password', 'passwd/root-password-crypted', rootPassword, 'root.password'],
    ['boolean', 'passwd/make-user', 'false', 'vapp'],
    ['boolean', 'clock-setup/utc', 'true', 'vapp'],
    ['boolean', 'clock-setup/ntp', 'false', 'vapp'],
    ['select', 'time/zone', a.timezone === 'UTC' ? 'Etc/UTC' : a.timezone, 'timezone'],
  ];
}

/** The whole disk, one ext4 root, no swap. Sizes of the recipe are in MB: minimum, priority, maximum. */
const recipe =
  'root :: 900 10000 -1 ext4 $primary{ } $bootable{ } method{ format } format{ } ' +
  'use_filesystem{ } filesystem{ ext4 } mountpoint{ / } .';

function partitions(disk: string): Answer[] {
  return [
    ['string', 'partman-auto/disk', disk, 'vapp'],
    ['string', 'partman-auto/method', 'regular', 'vapp'],
    ['select', 'partman-auto/choose_recipe', 'atomic', 'vapp'],
    ['string', 'partman-auto/expert_recipe', recipe, 'vapp'],
    ['boolean', 'partman-basicfilesystems/no_swap', 'false', 'vapp'],
    ['select', 'partman-partitioning/choose_label', 'msdos', 'vapp'],
    ['string', 'partman-partitioning/default_label', 'msdos', 'vapp'],
    ['boolean', 'partman-partitioning/confirm_write_new_label', 'true', 'vapp'],
    ['select', 'partman/choose_partition', 'finish', 'vapp'],
    ['boolean', 'partman/confirm', 'true', 'vapp'],
    ['boolean', 'partman/confirm_nooverwrite', 'true', 'vapp'],
  ];
}

function packages(a: Appliance, o: PreseedOptions): Answer[] {
  const include = includedPackages(a, o.extraPackages).map(({ name }) => name);
  return [
    ['boolean', 'base-installer/install-recommends', 'false', 'vapp'],
    ['select', 'base-installer/kernel/image', o.release.kernelPackage, 'os'],
    ['multiselect', 'apt-setup/services-select', 'security, updates', 'vapp'],
    ['string', 'apt-setup/security_host', securityHost(a.securityMirror), 'security_mirror'],
    ['boolean', 'apt-setup/enable-source-repositories', 'false', 'vapp'],
    ['boolean', 'apt-setup/non-free-firmware', 'false', 'vapp'],
    ['boolean', 'apt-setup/non-free', 'false', 'vapp'],
    ['boolean', 'apt-setup/contrib', 'false', 'vapp'],
    ['boolean', 'pkgsel/run_tasksel', 'false', 'vapp'],
    ['string', 'pkgsel/include', include.join(' '), 'packages'],
    ['select', 'pkgsel/upgrade', 'safe-upgrade', 'vapp'],
    ['select', 'pkgsel/update-policy', 'none', 'vapp'],
    ['boolean', 'popularity-contest/participate', 'false', 'vapp', 'popularity-contest'],
  ];
}

/** No boot loader here: the finisher installs it from outside, and an upgrade of grub-pc must not ask for a disk. */
const end: Answer[] = [
  ['multiselect', 'grub-pc/install_devices', '', 'vapp', 'grub-pc'],
  ['boolean', 'grub-pc/install_devices_empty', 'true', 'vapp', 'grub-pc'],
  ['note', 'nobootloader/confirmation_common', '', 'vapp'],
  ['note', 'finish-install/reboot_in_progress', '', 'vapp'],
  ['boolean', 'debian-installer/exit/poweroff', 'true', 'vapp'],
];

/** vapp's own answers, in the order of the installer's steps. Pure. */
export function ownAnswers(a: Appliance, o: PreseedOptions): PreseedLine[] {
  const answers = [
    ...place(a),
    ...network(a),
    ...mirror(a, o),
    ...people(a),
    ...partitions(o.disk ?? '/dev/vda'),
    ...packages(a, o),
    ...end,
  ];
  return answers.map(([type, question, value, from, owner = 'd-i']) => ({
    owner,
    question,
    type,
    value,
    from,
  }));
}
