// The cache of images: one directory for each recipe, named by its hash.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { claims } from './places.mjs';
import { Problem } from './problem.mjs';
import { removeTree } from './programs.mjs';

/** Number of the process that is making an image; undefined when none is. */
export const imageMaker = (images) =>
  claims(images).find(({ purpose, alive }) => purpose === 'image' && alive)?.pid;

/** Throws a Problem while another process makes an image. */
export const needNobodyElse = (images) => {
  const pid = imageMaker(images);
  if (pid) throw new Problem(`process ${pid} is making an image`, 'Wait for it, or end it.');
};

/** Removes what an ended `create` has left; gives the directories. */
export const sweepImages = (images) =>
  claims(images)
    .filter(({ alive }) => !alive)
    .map(({ path }) => {
      removeTree(path);
      return path;
    });

/** Images of the cache: { hash, directory, made (Date), bytes on disk }, oldest first. */
export const listImages = (images) => {
  if (!existsSync(images)) return [];
  return readdirSync(images)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((hash) => {
      const directory = join(images, hash);
      const { mtime, blocks } = statSync(join(directory, 'disk.raw'));
      return { hash, directory, made: mtime, bytes: blocks * 512 };
    })
    .sort((a, b) => a.made - b.made);
};
