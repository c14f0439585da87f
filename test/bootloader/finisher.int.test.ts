import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  debEntries,
  type FetchContext,
  fetchPackage,
  openSuite,
  type Suite,
} from '../../src/archive/index.js';
import {
  buildFinisherInitrd,
  createReportReader,
  type FinisherJob,
  finisherDefaults,
  finisherKernelArguments,
  finisherPart,
} from '../../src/bootloader/index.js';
import type { VappEvent } from '../../src/events.js';
import { cacheDirectory } from '../../src/paths.js';
import { releases } from '../../src/releases.js';
import { gatherSpecHost } from '../../src/spec/index.js';

const context: FetchContext = { cache: cacheDirectory(), emit: () => {} };
const release = releases['debian-13']!;
let folder: string;
let kernel: string;
let initrd: Buffer;

async function unpackKernel(suite: Suite, version: string): Promise<string> {
  const path = join(folder, 'linux');
  const deb = await fetchPackage(suite, suite.packages.get(`linux-image-${version}`)!, context);
  for await (const entry of debEntries(deb, ({ name }) => name === `boot/vmlinuz-${version}`)) {
    if (entry.data) await writeFile(path, entry.data);
  }
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-finisher-'));
  const mirror = gatherSpecHost(process.env).mirror?.uri ?? release.mirror;
  const { suite: name, components, keyring } = release;
  const suite = await openSuite({ ...context, mirror, suite: name, components, keyring, arch: 'amd64' });
  const [, version] = /linux-image-(\S+)/.exec(suite.packages.get(release.kernelPackage)!.Depends!)!;
  kernel = await unpackKernel(suite, version!);
  initrd = await readFile((await buildFinisherInitrd({ ...context, suite, kernelVersion: version! })).path);
}, 600_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs the finisher guest on an image, as a domain of libvirt would. */
async function finish(image: string, job: Partial<FinisherJob> = {}) {
  const initrdPath = join(folder, 'initrd');
  const [console, report] = [join(folder, 'console'), join(folder, 'report')];
  await writeFile(initrdPath, Buffer.concat([initrd, finisherPart({ ...finisherDefaults, ...job })]));
  await execa(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', '512'],
      ...['-display', 'none', '-nodefaults', '-no-reboot'],
      ...['-kernel', kernel, '-initrd', initrdPath, '-append', finisherKernelArguments.join(' ')],
      ...['-serial', `file:${console}`, '-serial', `file:${report}`],
      ...['-drive', `if=none,id=target,file=${image},format=qcow2,cache=unsafe`],
      ...['-device', 'virtio-blk-pci,drive=target,serial=target'],
    ],
    { timeout: 100_000 },
  );
  const events: VappEvent[] = [];
  const reader = createReportReader((event) => events.push(event));
  reader.chunk(await readFile(report));
  return { events, reader, console: await readFile(console, 'latin1') };
}

async function makeImage(name: string, script?: string): Promise<string> {
  const image = join(folder, name);
  await execa('truncate', ['-s', '64M', `${image}.raw`]);
  if (script) await execa('sfdisk', ['-q', `${image}.raw`], { input: script });
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', `${image}.raw`, image]);
  return image;
}

describe('the finisher guest', () => {
  it('fails at a disk without partitions, and undoes what it has set up', async () => {
    const { events, reader, console } = await finish(await makeImage('empty'));
    expect(reader.result).toMatchObject({ status: 1, left: '', failed: { step: 'map' } });
    expect(() => reader.finish(console)).toThrow(
      expect.objectContaining({
        code: 'VAPP_BOOTLOADER_STEP',
        excerpt: expect.stringContaining('The disk has no partition table.'),
      }),
    );
    expect(events.filter(({ type }) => type === 'line')).toEqual([]);
    expect(console).toContain('undo: dmsetup remove hda');
  });

  it('fails at partitions without a file system, last map undone first', async () => {
    const { reader, console } = await finish(
      await makeImage('bare', 'label: dos\nsize=8M,type=83\nsize=8M,type=82\n'),
    );
    expect(reader.result).toMatchObject({ status: 1, left: '', failed: { step: 'fsck' } });
    const undone = [...console.matchAll(/undo: dmsetup remove (\w+)/g)].map((match) => match[1]);
    expect(undone).toEqual(['hda2', 'hda1', 'hda']);
  });

  it('says which disk it does not find', async () => {
    const { reader } = await finish(await makeImage('other'), { diskSerial: "it's another" });
    expect(reader.result!.failed).toEqual({
      step: 'disk',
      log: "There is no disk with the serial number it's another.",
    });
  });
});
