// The stand-in's initrds, made of the real kit and the real finisher, and kept in the cache.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seal, useIfSealed } from '../../dist/archive/index.js';
import { orderModules } from '../../dist/bootloader/modules.js';
import { readCpio } from '../../dist/installer/index.js';
import { writeWhole } from '../../dist/whole-file.js';
import { archiveOf, guestFile, initrdFiles, makeDisk } from './disk.mjs';

const wantedModules = [
  ...['virtio_pci', 'virtio_blk', 'virtio_net', 'xen-blkfront', 'xen-netfront'],
  ...['crc32c_generic', 'ext4'],
];
const guestFiles = [
  'lib.sh',
  'installer-init',
  'system-initrd',
  'system-init',
  'update-initramfs',
  'update-grub',
];

/** The members of all archives of an initrd that is not compressed. */
function* members(initrd) {
  for (let at = 0; at >= 0; ) {
    const entries = readCpio(initrd.subarray(at));
    yield* entries;
    const end = initrd.indexOf('TRAILER!!!', at);
    at = end < 0 ? -1 : initrd.indexOf('070701', end);
  }
}

async function busyboxOf(finisherInitrd) {
  const entries = readCpio(gunzipSync(await readFile(finisherInitrd)));
  return entries.find(({ path }) => path === 'usr/bin/busybox').data;
}

async function modulesOf(kit) {
  const files = new Map();
  let builtin = '';
  for (const { path, data } of members(await readFile(kit.initrd))) {
    if (/\.ko(\.\w+)?$/.test(path)) files.set(path, data);
    if (path.endsWith('/modules.builtin')) builtin = data.toString();
  }
  return await orderModules(wantedModules, { files, builtin });
}

/**
 * Path of the installer's initrd that stands in for that of a kit. It has no part of one build: preseed and order are
 * put behind it, as behind the real one.
 */
export async function standInInitrd({ kit, finisherInitrd, cache }) {
  const sources = await Promise.all(
    [new URL('./disk.mjs', import.meta.url), import.meta.filename].map((file) => readFile(file)),
  );
  const key = createHash('sha256').update(`${kit.digest} ${basename(finisherInitrd)}`);
  for (const data of [...sources, ...(await Promise.all(guestFiles.map(guestFile)))]) key.update(data);
  return await keep(cache, key, async () => {
    const { kernel, kernelVersion } = kit;
    const busybox = await busyboxOf(finisherInitrd);
    const parts = { busybox, modules: await modulesOf(kit), kernel, kernelVersion };
    return archiveOf([
      ...(await initrdFiles(parts, 'installer-init')),
      ['stand-in/disk', await makeDisk(parts), 0o644],
    ]);
  });
}

/** The order that a build gives to its guests, as shell assignments. */
export const orderFile = ({ fault, pause, fetch }) =>
  `FAULT='${fault}'\nPAUSE=${Number(pause)}\nFETCH='${fetch.join(' ')}'\n`;

/** Path of a finisher that first does what the order says, and then what the real one does; the real one without an order for it. */
export async function faultyFinisher(finisherInitrd, order, cache) {
  if (!order.pause && !order.fault.startsWith('bootloader:')) return finisherInitrd;
  const real = await readFile(finisherInitrd);
  const own = readCpio(gunzipSync(real)).find(({ path }) => path === 'vapp/init').data;
  const overlay = archiveOf([
    ['vapp/init', await guestFile('finisher-init')],
    ['vapp/own-init', own],
    ['stand-in/lib.sh', await guestFile('lib.sh')],
    ['stand-in/order', orderFile(order), 0o644],
  ]);
  return await keep(cache, createHash('sha256').update(real).update(overlay), async () =>
    Buffer.concat([real, overlay]),
  );
}

/** What is put behind the real installer's initrd, for its partitioner to do. A directory `lib` would replace the link of that name. */
export const realFault = async (order) =>
  archiveOf([
    ['stand-in/lib.sh', await guestFile('lib.sh')],
    ['stand-in/order', orderFile(order), 0o644],
    ['usr/lib/partman/init.d/00stand-in', await guestFile('partman-fault')],
  ]);

/** A file of the cache that is there whole or not at all. */
async function keep(cache, key, make) {
  const path = join(cache, 'stand-ins', key.digest('hex'));
  if (await useIfSealed(path)) return path;
  await writeWhole(path, await make());
  await seal(path);
  return path;
}
