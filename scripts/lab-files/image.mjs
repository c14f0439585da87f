// The lab's disk image: made once per recipe, and moved to its place whole.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { emulatorDirectory, takeEmulator } from './emulator-files.mjs';
import { listImages, needNobodyElse } from './images.mjs';
import { claim, remove } from './places.mjs';
import { Problem } from './problem.mjs';
import { contained, needNamespaces, needPrograms, removeTree, run } from './programs.mjs';
import { mmdebstrapArguments } from './recipe.mjs';

const GiB = 1024 ** 3;
/** For the tree, and the image that is made of it. */
const neededSpace = 3 * GiB;

const needSpace = (directory) => {
  const { bavail, bsize } = fs.statfsSync(directory);
  const free = bavail * bsize;
  if (free >= neededSpace) return;
  throw new Problem(
    `${directory} has ${(free / GiB).toFixed(1)} GiB free; ${neededSpace / GiB} GiB are needed`,
    'Free some, or let XDG_CACHE_HOME name a directory elsewhere.',
  );
};

const lastLines = (file, count) => fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count);

async function runLogged(words, { log, signal }) {
  const file = fs.openSync(log, 'a');
  try {
    const status = await run(words, { signal, stdio: ['ignore', file, file] });
    if (status !== 0) throw new Problem('the image could not be made', lastLines(log, 15));
  } finally {
    fs.closeSync(file);
  }
}

const inBoot = (tree, pattern) => {
  const boot = join(tree, 'boot');
  const name = fs.readdirSync(boot).find((entry) => pattern.test(entry));
  if (!name) throw new Problem(`the lab’s /boot has nothing like ${pattern}`);
  return join(boot, name);
};

/** Copies what QEMU loads without a boot loader, and the public key of the lab's sshd. */
async function takeOut(tree, directory) {
  fs.copyFileSync(inBoot(tree, /^vmlinuz-/), join(directory, 'vmlinuz'));
  fs.copyFileSync(inBoot(tree, /^initrd\.img-/), join(directory, 'initrd.img'));
  fs.copyFileSync(join(tree, 'etc/ssh/ssh_host_ed25519_key.pub'), join(directory, 'host-key.pub'));
  takeEmulator(tree, join(directory, emulatorDirectory));
  // QEMU's multiboot loader wants the ELF file, without the gzip around it.
  const packed = fs.createReadStream(inBoot(tree, /^xen-.*\.gz$/));
  await pipeline(packed, createGunzip(), fs.createWriteStream(join(directory, 'xen')));
}

async function make(directory, { recipe, keyring, setUpFile, say, signal }) {
  const tree = join(directory, 'tree');
  const disk = join(directory, 'disk.raw');
  const logged = { log: join(directory, 'log'), signal };
  fs.mkdirSync(tree);
  say(`mmdebstrap: ${recipe.packages.length} packages, and what they need`);
  const mmdebstrap = ['mmdebstrap', ...mmdebstrapArguments(recipe, { tree, keyring, setUpFile })];
  await runLogged([...contained(), ...mmdebstrap], logged);
  await takeOut(tree, directory);
  say('mke2fs: the tree becomes a disk');
  const mke2fs = ['mke2fs', '-q', '-t', 'ext4', '-L', 'vapp-lab', '-d', tree, disk, `${recipe.disk}G`];
  await runLogged([...contained(), ...mke2fs], logged);
  removeTree(tree);
}

/**
 * Makes the image images/HASH of a recipe, and removes those of other recipes unless `inUse` names them; gives its directory.
 * @param o { images, hash, recipe, keyring, setUpFile, inUse?, say, signal }; keyring and setUpFile are paths
 */
export async function createImage(o) {
  const directory = join(o.images, o.hash);
  if (fs.existsSync(directory)) return { directory, isNew: false };
  if (process.arch !== 'x64')
    throw new Problem(`the lab is an amd64 machine, and this one is ${process.arch}`);
  needPrograms(['mmdebstrap', 'mke2fs', 'unshare', 'setpriv']);
  needNamespaces();
  needNobodyElse(o.images);
  const work = claim(o.images, 'image');
  try {
    needSpace(work);
    await make(work, o);
    fs.renameSync(work, directory);
  } catch (error) {
    removeTree(work);
    throw error;
  }
  const superseded = listImages(o.images).filter(({ hash }) => hash !== o.hash && hash !== o.inUse);
  for (const image of superseded) remove(image.directory, o.images);
  return { directory, isNew: true };
}
