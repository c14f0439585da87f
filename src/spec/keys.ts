import { releases } from '../releases.js';
import { guessMirror, guessProxy, guessRootKeys, guessSecurityMirror } from './guesses.js';
import { byDefault, key, required, type SpecKey } from './key.js';
import * as rules from './rules.js';
import { GiB, MiB, TiB } from './size.js';
import type { ValueType } from './types/base.js';
import { list } from './types/list.js';
import { boolean, integer, size } from './types/number.js';
import { password } from './types/password.js';
import { permissions } from './types/permissions.js';
import { preseedLine } from './types/preseed-line.js';
import { sourceFile } from './types/source-file.js';
import { sshKeys } from './types/ssh-keys.js';
import { choice, text } from './types/text.js';

const hypervisor = choice(['auto', 'kvm', 'qemu', 'xen-pvh', 'xen-pv', 'xen-hvm'], { xen: 'xen-pvh' });

const itself = (value: string): string => value;

/** Every key of a spec, in the order of the manual. `[]` stands for each item of a list. */
export const specKeys = {
  appliance: key({
    type: text(rules.applianceName),
    otherwise: required,
    help: 'Name of the appliance and of its template.',
    questions: [],
  }),
  os: key({
    type: choice(Object.keys(releases)),
    otherwise: required,
    help: 'Distribution and release to install.',
    questions: ['mirror/suite', 'mirror/codename', 'base-installer/kernel/image'],
  }),
  arch: key({
    type: choice(['amd64']),
    otherwise: byDefault('amd64' as const),
    help: "Processor architecture, by the distribution's name.",
    questions: [],
  }),
  hypervisor: key({
    type: hypervisor,
    otherwise: byDefault('auto' as const),
    help: 'What the appliance is built for and runs on. auto takes KVM when it really runs on the host, else QEMU without KVM; on a Xen host it takes xen-pvh. xen means xen-pvh.',
    questions: [],
  }),
  memory: key({
    type: size({
      min: 768 * MiB,
      max: 16 * TiB,
      minReason: "Debian's installer stops with less than 768MiB",
      maxReason: 'no machine type of a hypervisor takes more',
    }),
    otherwise: byDefault(GiB),
    help: 'Memory of the finished appliance.',
    questions: [],
  }),
  cpus: key({
    type: integer({
      min: 1,
      max: 255,
      minReason: 'a machine has a processor',
      maxReason: 'machine types of QEMU without an interrupt remapper take no more',
    }),
    otherwise: byDefault(1),
    help: 'Virtual processors of the finished appliance.',
    questions: [],
  }),
  'disk.size': key({
    type: size({
      min: 2 * GiB,
      max: 2 * TiB - MiB,
      minReason: 'a Debian system with its kernel and a package cache does not fit in less than 2GiB',
      maxReason: 'the disk gets an MBR partition table, which ends at 2TiB',
    }),
    otherwise: byDefault(4 * GiB),
    help: 'Size of the disk. The volume takes only what is written to it.',
    questions: [],
  }),
  hostname: key({
    type: text(rules.hostName),
    otherwise: {
      kind: 'guess',
      text: 'the name of the appliance',
      guess: ({ appliance }) => ({ value: appliance, from: 'the name of the appliance' }),
    },
    help: 'Host name of the appliance, without its domain.',
    questions: ['netcfg/get_hostname', 'netcfg/hostname'],
  }),
  domain: key({
    type: text(rules.domainName),
    otherwise: byDefault('localdomain'),
    help: 'DNS domain of the appliance.',
    questions: ['netcfg/get_domain'],
  }),
  locale: key({
    type: text(rules.locale),
    otherwise: byDefault('C.UTF-8'),
    help: 'Language, country and character set of the appliance.',
    questions: ['debian-installer/locale', 'debian-installer/language', 'debian-installer/country'],
  }),
  keyboard: key({
    type: text(rules.keyboard),
    otherwise: byDefault('us'),
    help: 'Keyboard layout of the console.',
    questions: ['keyboard-configuration/xkb-keymap'],
  }),
  timezone: key({
    type: text(rules.timeZone),
    otherwise: byDefault('Etc/UTC'),
    help: 'Time zone; the hardware clock keeps UTC. UTC means Etc/UTC.',
    questions: ['time/zone'],
  }),
  mirror: key({
    type: text(rules.mirror),
    otherwise: {
      kind: 'guess',
      text: "the mirror of this host's apt, else the release's own",
      guess: guessMirror,
    },
    help: 'Package archive, for the build and in the sources of the finished appliance.',
    questions: ['mirror/protocol', 'mirror/country', 'mirror/http/hostname', 'mirror/http/directory'],
  }),
  security_mirror: key({
    type: text(rules.securityMirror),
    otherwise: {
      kind: 'guess',
      text: "the security mirror of this host's apt, else the release's own",
      guess: guessSecurityMirror,
    },
    help: 'Archive of security updates, for the build and in the sources of the finished appliance.',
    questions: ['apt-setup/security_host'],
  }),
  proxy: key({
    type: text(rules.proxy),
    otherwise: {
      kind: 'guess',
      text: 'the environment variable http_proxy, else none',
      guess: guessProxy,
    },
    help: 'HTTP proxy for the downloads of the build. The finished appliance knows nothing of it.',
    questions: [],
  }),
  'root.password': key({
    type: password,
    otherwise: { kind: 'nothing', text: 'no login with a password' },
    help: 'Password of root: a crypt(5) hash (openssl passwd -6), ! for none, or a plain one by reference: { env: NAME } is an environment variable, { file: PATH } the first line of a file. A plain password is hashed before it reaches a file.',
    questions: ['passwd/root-password-crypted'],
  }),
  'root.ssh_keys': key({
    type: sshKeys,
    otherwise: {
      kind: 'guess',
      text: "the invoking user's public key when the spec gives nobody a login, else none",
      guess: guessRootKeys,
    },
    help: "Public SSH keys that root accepts: lines of authorized_keys, or paths of .pub files, relative to the spec or with ~/ for the invoking user's home.",
    questions: [],
  }),
  'users[].name': key({
    type: text(rules.userName),
    otherwise: required,
    help: 'Login name of the user.',
    questions: [],
  }),
  'users[].ssh_keys': key({
    type: sshKeys,
    otherwise: byDefault<string[]>([]),
    help: 'Public SSH keys that the user accepts, as for root.',
    questions: [],
  }),
  'users[].password': key({
    type: password,
    otherwise: { kind: 'nothing', text: 'no login with a password' },
    help: 'Password of the user, as for root.',
    questions: [],
  }),
  'users[].sudo': key({
    type: boolean,
    otherwise: byDefault(false),
    help: 'Whether the user may become root with sudo.',
    questions: [],
  }),
  packages: key({
    type: list(text(rules.packageName), { nameOf: itself }),
    otherwise: byDefault<string[]>([]),
    help: 'Packages to install besides the standard system of the installer.',
    questions: ['pkgsel/include'],
  }),
  'files[].path': key({
    type: text(rules.appliancePath),
    otherwise: required,
    help: 'Where the file goes in the appliance. Directories are made as needed, and all belongs to root.',
    questions: [],
  }),
  'files[].source': key({
    type: sourceFile,
    otherwise: required,
    help: "A file of this machine, relative to the spec or with ~/ for the invoking user's home. All files together are 64MiB at most.",
    questions: [],
  }),
  'files[].mode': key({
    type: permissions,
    otherwise: byDefault('0644'),
    help: 'Permissions of the file in octal digits.',
    questions: [],
  }),
  run: key({
    type: list(text(rules.command)),
    otherwise: byDefault<string[]>([]),
    help: 'Shell commands, run as root inside the installed system at the end of the installation, one after the other, when packages, users and files are there. One that fails ends the build.',
    questions: [],
  }),
  preseed: key({
    type: list(preseedLine),
    otherwise: byDefault<string[]>([]),
    help: "Raw preseed lines: OWNER QUESTION TYPE VALUE. They win over vapp's own answers.",
    questions: [],
  }),
};

export type KeyName = keyof typeof specKeys;

/** The value type of a key. */
export type KeyValue<K extends KeyName> = (typeof specKeys)[K]['type'] extends ValueType<infer T> ? T : never;

/** Keys that hold other keys. */
export const specGroups: Readonly<Record<string, string>> = {
  disk: 'The disk of the appliance.',
  root: 'The administrator.',
  users: 'Further users of the appliance.',
  files: 'Files of this machine that are put into the appliance.',
};

/** The table without the types of its values. */
export const keyRows: ReadonlyMap<string, SpecKey<unknown>> = new Map(
  Object.entries(specKeys) as [string, SpecKey<unknown>][],
);
