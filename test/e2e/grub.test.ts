import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDirectory } from '../../src/paths.js';
import { bootUntil } from './grub/boot.js';
import { images, type TestImage } from './grub/images.js';
import { gatherIngredients, type Ingredients } from './grub/system.js';
import { hostState, TestUser } from './vapp.js';

const user = new TestUser();
let folder: string;
let ingredients: Ingredients;
let before: Awaited<ReturnType<typeof hostState>>;
let recipe: string;

/** VAPP_E2E_GRUB=mbr,xfs: these images alone. */
const chosen = process.env.VAPP_E2E_GRUB?.split(',');
const wanted = images.filter(({ name }) => chosen?.includes(name) ?? true);

const sources = ['images.ts', 'system.ts', 'file-systems.ts', 'guest-init', 'lvm-init'];

/** What decides how the images look: the code that makes them, kernel and tools. */
async function recipeOf({ version, guest }: Ingredients): Promise<string> {
  const hash = createHash('sha256').update(version).update(guest);
  for (const name of sources) hash.update(await readFile(new URL(`grub/${name}`, import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-grub-'));
  // libvirt's guests run as another user, and the images are for them.
  await execa('chmod', ['711', folder]);
  ingredients = await gatherIngredients();
  recipe = await recipeOf(ingredients);
  before = await hostState();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(user.home, { recursive: true });
});

/** A copy of an image, which is made once for all runs. */
async function imageOf({ name, make, outcome }: TestImage): Promise<string> {
  const cache = join(cacheDirectory(), '..', 'vapp-test-images', recipe);
  const kept = join(cache, `${name}.img`);
  if (!existsSync(kept)) {
    await mkdir(cache, { recursive: true });
    await writeFile(`${kept}.part`, await make(ingredients));
    await rename(`${kept}.part`, kept);
  }
  const image = join(folder, `${name}.img`);
  if ('boots' in outcome && outcome.format === 'qcow2')
    await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', kept, image]);
  else await copyFile(kept, image);
  return image;
}

const vapp = (...args: string[]) => user.vapp(['grub', ...args], { reject: false });

async function check(image: string) {
  const { stdout } = await vapp('--check', '--output', 'json', image);
  const { bios, uefi } = JSON.parse(String(stdout));
  return { bios: bios.bootable, uefi: uefi.bootable };
}

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

test.for(wanted)('$name', async (one) => {
  const image = await imageOf(one);
  const original = await digest(image);
  expect(await check(image)).toEqual(one.before);
  const { exitCode, stderr } = await vapp(image, '--output', 'plain');
  const { outcome } = one;
  if ('refused' in outcome) {
    expect([exitCode, stderr]).toEqual([6, expect.stringMatching(outcome.says)]);
    expect(stderr).toContain(outcome.refused);
    expect(await digest(image)).toBe(original);
    return;
  }
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(await check(image)).toMatchObject(
    Object.fromEntries(outcome.boots.map((firmware) => [firmware, 'yes'])),
  );
  const format = outcome.format ?? 'raw';
  for (const firmware of outcome.boots) {
    const login = `${one.name} login: `;
    expect(await bootUntil({ image, format, firmware }, login, ingredients)).toContain(login);
  }
});

test('nothing is left on the host', async () => {
  expect(await hostState()).toEqual(before);
});

test('what was done is undone, to the bit', async () => {
  const [one] = images;
  const image = await imageOf(one!);
  const raw = join(folder, 'undone.img');
  await execa('qemu-img', ['convert', '-O', 'raw', image, raw]);
  const original = await digest(raw);
  const backup = join(folder, 'backup');
  expect((await vapp(raw, '--backup', backup)).exitCode).toBe(0);
  expect(await digest(raw)).not.toBe(original);
  expect((await vapp(raw, '--restore', backup)).exitCode).toBe(0);
  expect(await digest(raw)).toBe(original);
  expect((await vapp(raw, '--restore', backup)).stdout).toContain('already as it was');
});
