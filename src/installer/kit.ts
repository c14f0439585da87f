import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile, markUsed, type Suite } from '../archive/index.js';
import { VappError } from '../errors.js';
import { cachedDirectory } from './cached-directory.js';
import { composeKit } from './compose.js';
import { gatherKit } from './gather.js';
import { readInputs, requestKey } from './kit-inputs.js';
import type { Kit, KitRecord, KitRequest } from './kit-types.js';

const isWhole = async (directory: string, record: KitRecord): Promise<boolean> => {
  for (const [name, { size, sha256 }] of Object.entries(record.files)) {
    const path = join(directory, name);
    if ((await stat(path)).size !== size || (await hashFile(path)) !== sha256) return false;
  }
  return true;
};

/** Opens a cached kit if its files are still those of its record, and its kernel is still the one in the suite. */
const openKit = async (directory: string, suite: Suite): Promise<Kit | undefined> => {
  try {
    const record: KitRecord = JSON.parse(await readFile(join(directory, 'kit.json'), 'utf8'));
    const kernelPackage = suite.packages.get(`linux-image-${record.kernelVersion}`);
    if (kernelPackage?.SHA256 !== record.kernelPackage || !(await isWhole(directory, record)))
      return undefined;
    const templates = JSON.parse(await readFile(join(directory, 'templates.json'), 'utf8'));
    const { digest, kernelVersion, source } = record;
    await markUsed(directory);
    return {
      kernel: join(directory, 'linux'),
      initrd: join(directory, 'initrd'),
      kernelVersion,
      digest,
      templates,
      source,
    };
  } catch (error) {
    // Missing, cut short or no JSON: it is made anew.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const openAlias = async (kits: string, key: string, suite: Suite): Promise<Kit | undefined> => {
  const digest = await readFile(join(kits, 'requests', key), 'utf8').catch(() => undefined);
  return digest && /^[0-9a-f]{64}$/.test(digest) ? openKit(join(kits, digest), suite) : undefined;
};

/**
 * Makes the installer kit of a suite, or takes it from `<cache>/kits/<digest>/{linux,initrd,templates.json,kit.json}`.
 * The same inputs give the same bytes on every host. Throws VAPP_INSTALLER_PACKAGE, …_NETBOOT, …_KERNEL, …_MODULE,
 * …_COMPONENT, …_HOST, …_FOREIGN, and the archive's errors.
 */
export const buildKit = async (request: KitRequest): Promise<Kit> => {
  const { suite, cache, emit } = request;
  const inputs = await readInputs(request);
  const kits = join(cache, 'kits');
  const key = requestKey(request, inputs);
  const cached = await openAlias(kits, key, suite);
  if (cached) return cached;

  emit({ type: 'notice', text: `making the installer kit of ${request.release.title}` });
  const parts = await gatherKit(request, inputs);
  const directory = join(kits, parts.digest);
  if (!(await openKit(directory, suite))) {
    await rm(directory, { recursive: true, force: true });
    await cachedDirectory(directory, (temporary) => composeKit(request, inputs, parts, temporary));
  }
  await mkdir(join(kits, 'requests'), { recursive: true });
  await writeFile(join(kits, 'requests', key), parts.digest);
  const kit = await openKit(directory, suite);
  if (kit) return kit;
  throw new VappError('VAPP_INSTALLER_KIT', 'the installer kit is not what was just written', {
    why: `${directory} was changed by something else, or the disk is full.`,
    hint: 'Remove that directory and try again.',
  });
};
