import { join } from 'node:path';
import { grubSteps } from './grub-steps.js';
import type { HostJob, HostNames } from './job.js';
import { mountsOf, runsImage } from './job.js';
import { mapUuid, nbdPidFile } from './resources.js';
import type { Step } from './step.js';

/** Where the run's namespace has the image's root. */
export const targetOf = (names: Pick<HostNames, 'directory'>): string => join(names.directory, 'root');

/** Everything that is done to make the image bootable, as data. */
export const planSteps = (job: HostJob, names: HostNames): Step[] => [
  ...attach(job, names),
  ...map(job, names),
  ...checkFileSystems(job, names),
  namespace,
  ...mount(job, names),
  ...deviceMap(names),
  ...grubSteps(job, { map: names.map, target: targetOf(names) }),
];

function attach(job: HostJob, { tag, directory, nbd }: HostNames): Step[] {
  const numbers: Step = {
    name: 'number of the device',
    argv: ['lsblk', '--noheadings', '--nodeps', '--raw', '--output', 'MAJ:MIN', '$device'],
    sets: 'numbers',
  };
  if (job.format === 'raw') return [loop(job.image, tag), numbers];
  if (nbd === undefined) throw new RangeError('a qcow2 image needs a network block device');
  const serve = ['qemu-nbd', '--fork', `--pid-file=${nbdPidFile(directory)}`, '--discard=unmap'];
  return [
    {
      name: 'network block device',
      argv: [...serve, '--format=qcow2', `--connect=${nbd}`, job.image],
      makes: { kind: 'nbd', tag, device: nbd },
      undo: ['qemu-nbd', '--disconnect', nbd],
    },
    { ...numbers, argv: [...numbers.argv.slice(0, -1), nbd] },
  ];
}

const loop = (file: string, tag: string): Step => ({
  name: 'loop device',
  argv: ['losetup', '--show', '--find', '--loop-ref', tag, file],
  sets: 'device',
  makes: { kind: 'loop', tag, file },
  undo: ['losetup', '--detach', '$device'],
});

/**
 * One stripe does what `linear` does, but GRUB looks through `linear` down to the loop device, and then says that the map
 * is no disk (grub-core/osdep/devmapper/getroot.c). Stripes are of 8 sectors, so that the length must divide by 8.
 */
function map(job: HostJob, { tag, map: name }: HostNames): Step[] {
  const sectors = Math.floor(job.size / 4096) * 8;
  const table = `0 ${sectors} striped 1 8 $numbers 0`;
  return [
    {
      name: 'map of the disk',
      argv: ['dmsetup', 'create', name, '--uuid', mapUuid(tag), '--table', table],
      makes: { kind: 'map', tag, name },
      undo: ['dmsetup', 'remove', '--retry', name],
    },
    {
      name: 'maps of the partitions',
      argv: ['kpartx', '-a', '-s', `/dev/mapper/${name}`],
      makes: { kind: 'partitions', tag, map: name },
      undo: ['kpartx', '-d', `/dev/mapper/${name}`],
    },
  ];
}

/** The kernel trusts a file system's words, and a dirty one may be damaged further by a write. */
const checkFileSystems = (job: HostJob, names: HostNames): Step[] =>
  mountsOf(job)
    .filter(({ partition }) => /^ext[234]$/.test(partition.type))
    .map(({ partition: { number } }) => ({
      name: 'check of the file system',
      argv: ['e2fsck', '-p', `/dev/mapper/${names.map}${number}`],
      // e2fsck(8): errors were corrected, as of a file system that was not unmounted.
      accepts: 1,
    }));

/** Mounts and processes in it end with its first process, whatever becomes of vapp. Nothing in it has a network. */
const namespace: Step = {
  name: 'namespace',
  argv: ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child', '--mount-proc'],
  opens: true,
};

/** Unless the image's own programs are run, no link of it may lead a program of the host out of it. */
function mount(job: HostJob, names: HostNames): Step[] {
  const options = ['nodev', 'nosuid', ...(runsImage(job) ? [] : ['noexec', 'nosymfollow'])].join(',');
  return mountsOf(job).flatMap(({ partition: { number, type }, path }): Step[] => {
    const folder = targetOf(names) + path;
    return [
      { name: 'mount', inside: true, argv: ['mkdir', '-p', folder] },
      {
        name: 'mount',
        inside: true,
        argv: ['mount', '-t', type, '-o', options, `/dev/mapper/${names.map}${number}`, folder],
        undo: ['umount', '--recursive', folder],
      },
    ];
  });
}

/** True here and a lie in the image, so that it only lies over a file that is empty, or over the one that was there. */
function deviceMap(names: HostNames): Step[] {
  const grub = `${targetOf(names)}/boot/grub`;
  const [file, over] = [join(names.directory, 'device.map'), `${grub}/device.map`];
  const argvs: Step[] = [
    { name: 'device.map', argv: ['tee', file], input: `(hd0) /dev/mapper/${names.map}\n` },
    { name: 'device.map', argv: ['mkdir', '-p', grub] },
    { name: 'device.map', argv: ['touch', over], undo: ['find', over, '-empty', '-delete'] },
    { name: 'device.map', argv: ['mount', '--bind', file, over], undo: ['umount', over] },
  ];
  return argvs.map((step) => ({ ...step, inside: true }));
}
