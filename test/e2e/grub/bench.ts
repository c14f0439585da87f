import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory } from '../../../src/paths.js';
import type { DiskReport } from '../../../src/verify/check-disk.js';
import { hostState, TestUser } from '../vapp.js';
import type { TestImage } from './images.js';
import { gatherIngredients, type Ingredients } from './system.js';

const sources = ['disks.ts', 'system.ts', 'file-systems.ts', 'guest-init', 'lvm-init'];

/** What decides how the images look: the code that makes them, kernel and tools. */
async function recipeOf({ version, guest }: Ingredients): Promise<string> {
  const hash = createHash('sha256').update(version).update(guest);
  for (const name of sources) hash.update(await readFile(new URL(name, import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

export const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** Where the images lie, and the user of vapp who works on them. */
export class Bench {
  readonly user = new TestUser();

  private constructor(
    readonly folder: string,
    readonly ingredients: Ingredients,
    private readonly kept: string,
  ) {}

  static async open(): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'vapp-grub-'));
    // libvirt's guests run as another user, and the images are for them.
    await execa('chmod', ['711', folder]);
    const ingredients = await gatherIngredients();
    const kept = join(cacheDirectory(), '..', 'vapp-test-images', await recipeOf(ingredients));
    await mkdir(kept, { recursive: true });
    return new Bench(folder, ingredients, kept);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
    await rm(this.user.home, { recursive: true });
  }

  /** A copy of an image, which is made once for all runs. */
  async copyOf({ name, make }: TestImage, format: 'raw' | 'qcow2', as = name): Promise<string> {
    const kept = join(this.kept, `${name}.img`);
    if (!existsSync(kept)) {
      await writeFile(`${kept}.part`, await make(this.ingredients));
      await rename(`${kept}.part`, kept);
    }
    const image = join(this.folder, `${as}.img`);
    if (format === 'raw') await copyFile(kept, image);
    else await execa('qemu-img', ['convert', '-f', 'raw', '-O', format, kept, image]);
    return image;
  }

  async rawOf(image: string): Promise<string> {
    const raw = `${image}.raw`;
    await execa('qemu-img', ['convert', '-O', 'raw', image, raw]);
    return raw;
  }

  async vapp(...args: string[]) {
    const { exitCode, stdout, stderr } = await this.user.vapp(args, { reject: false });
    return { exitCode, stdout: String(stdout), stderr: String(stderr) };
  }

  /** What `vapp grub --check` says, and the seconds that it took with the start of Node. */
  async check(target: string): Promise<{ report: DiskReport; seconds: number }> {
    const begun = performance.now();
    const { stdout } = await this.vapp('grub', '--check', '--output', 'json', target);
    return { report: JSON.parse(stdout) as DiskReport, seconds: (performance.now() - begun) / 1000 };
  }
}

const own = (names: readonly string[]): string[] =>
  names.filter((name) => name.startsWith('vapp-build-grub-'));

/** Domains and volumes of runs of `vapp grub`, whatever else the host does. */
export async function leftOnHost(): Promise<string[]> {
  const { domains, volumes } = await hostState();
  return own([...domains, ...volumes]);
}
