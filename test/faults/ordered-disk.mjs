// Finished disks that have an order for the system on them.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { orderFile } from '../stand-in/kit.mjs';

const guestFile = (name) => fileURLToPath(new URL(`../stand-in/guest/${name}`, import.meta.url));
const env = { LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** As the stand-in's installer writes the order down. */
const standInFiles = (order) => ['rm /etc/stand-in', `write ${order} /etc/stand-in`];

/** A unit of the real system, which does it. */
const systemFiles = (order) => [
  'mkdir /stand-in',
  `write ${order} /stand-in/order`,
  `write ${guestFile('lib.sh')} /stand-in/lib.sh`,
  `write ${guestFile('system-fault')} /stand-in/fault`,
  'set_inode_field /stand-in/fault mode 0100755',
  `write ${guestFile('stand-in.service')} /etc/systemd/system/stand-in.service`,
  'cd /etc/systemd/system/multi-user.target.wants',
  'symlink stand-in.service ../stand-in.service',
];

/** Bytes from the start of a disk to its first partition. */
async function partitionStart(raw) {
  const { stdout } = await execa('sfdisk', ['--json', raw], { env });
  const { partitions, sectorsize = 512 } = JSON.parse(stdout).partitiontable;
  return partitions[0].start * sectorsize;
}

/** Path of a copy of the world's finished disk that has the order on it. */
export async function orderedDisk(world, order) {
  const [raw, disk, file] = ['raw', 'qcow2', 'txt'].map((end) => world.path('home', `ordered.${end}`));
  await execa('qemu-img', ['convert', '-O', 'raw', world.disk, raw]);
  await writeFile(file, orderFile({ fault: 'none', pause: 0, fetch: [], ...order }));
  const commands = world.path('home', 'commands');
  const lines = world.real ? systemFiles(file) : standInFiles(file);
  await writeFile(commands, `${lines.join('\n')}\n`);
  await execa('debugfs', ['-w', '-f', commands, `${raw}?offset=${await partitionStart(raw)}`], { env });
  await execa('qemu-img', ['convert', '-O', 'qcow2', raw, disk]);
  return disk;
}
