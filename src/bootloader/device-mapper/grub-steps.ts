import type { GrubFirmware } from '../grub-request.js';
import { type HostJob, mountsOf, runsImage } from './job.js';
import type { Step } from './step.js';

interface Place {
  /** Name of the whole disk's map. */
  map: string;
  /** Path of the image's root. */
  target: string;
}

/** GRUB itself from the host's own files, then the menu. */
export const grubSteps = (job: HostJob, place: Place): Step[] =>
  [...grubInstall(job, place), ...menu(job, place)].map((step) => ({ ...step, inside: true }));

function grubInstall({ firmware }: HostJob, { map, target }: Place): Step[] {
  const boot = `--boot-directory=${target}/boot`;
  const steps: Record<GrubFirmware, Step> = {
    bios: {
      name: 'grub-install',
      argv: ['grub-install', '--target=i386-pc', boot, '--no-floppy', `/dev/mapper/${map}`],
      whole: true,
    },
    // Without --no-uefi-secure-boot Debian's grub-install takes the host's signed files, which look elsewhere for the menu.
    uefi: {
      name: 'grub-install',
      argv: [
        ...['grub-install', '--target=x86_64-efi', boot, `--efi-directory=${target}/boot/efi`],
        ...['--removable', '--no-nvram', '--no-uefi-secure-boot'],
      ],
      whole: true,
    },
  };
  return firmware.map((one) => steps[one]);
}

const menu = (job: HostJob, place: Place): Step[] =>
  runsImage(job) ? ownMenu(job, place) : menuFromOutside(place);

/** Written aside and renamed: a menu that was there is there until the new one is whole. */
function menuFromOutside({ target }: Place): Step[] {
  const [file, aside] = [`${target}/boot/grub/grub.cfg`, `${target}/boot/grub/grub.cfg.vapp`];
  return [
    { name: 'menu', argv: ['tee', aside], menu: 'write', whole: true },
    { name: 'menu', argv: ['mv', aside, file], menu: 'rename', whole: true },
  ];
}

/** The image's own update-grub, in its tree, with a /dev that holds nothing of the host's but what it needs. */
const ownMenu = (job: HostJob, { map, target }: Place): Step[] => [
  ...privateDev(job, { map, target }),
  mounted('proc', 'nosuid,nodev,noexec', `${target}/proc`),
  mounted('sysfs', 'ro,nosuid,nodev,noexec', `${target}/sys`),
  mounted('tmpfs', 'nosuid,nodev', `${target}/run`),
  {
    name: 'update-grub',
    argv: ['chroot', target, '/usr/bin/env', '-i', ...environment, 'update-grub'],
  },
];

const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'TERM=dumb', 'LC_ALL=C.UTF-8'];

const mounted = (type: string, options: string, folder: string): Step => ({
  name: 'mount',
  argv: ['mount', '-t', type, '-o', options, type, folder],
  undo: ['umount', folder],
});

/**
 * The links are what udev would make: grub-mkconfig says root=UUID=… only if they are there (util/grub.d/10_linux.in).
 * The host's own /dev/disk stays as it is.
 */
function privateDev(job: HostJob, { map, target }: Place): Step[] {
  const dev = `${target}/dev`;
  const nodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((node) => `/dev/${node}`);
  const parts = mountsOf(job).map(({ partition }) => partition);
  const maps = ['control', map, ...parts.map(({ number }) => map + number)];
  const argvs: string[][] = [
    ['mkdir', '-p', `${dev}/mapper`, `${dev}/disk/by-uuid`],
    ['cp', '--archive', '--dereference', ...nodes, dev],
    ['cp', '--archive', '--dereference', ...maps.map((name) => `/dev/mapper/${name}`), `${dev}/mapper`],
    ...parts.map(({ number, uuid }) => [
      ...['ln', '--symbolic', `../../mapper/${map}${number}`, `${dev}/disk/by-uuid/${uuid}`],
    ]),
  ];
  return [
    mounted('tmpfs', 'mode=755,nosuid,noexec', dev),
    ...argvs.map((argv) => ({ name: 'private /dev', argv })),
  ];
}
