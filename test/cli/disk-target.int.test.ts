import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget } from '../../src/cli/disk-target.js';
import { volumeXml } from '../../src/domain/index.js';
import { type Connection, connect, type Pool } from '../../src/libvirt/index.js';
import { checkDisk } from '../../src/verify/index.js';
import { makePool, type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { bootableDos, mebibyte } from '../verify/disk-image.js';

let daemon: PrivateDaemon;
let connection: Connection;
let pool: Pool;
let folder: string;
let disk: Buffer;

const upload = async (name: string, format: 'raw' | 'qcow2', content: Buffer): Promise<string> => {
  await using volume = await pool.createVolume(volumeXml({ name, capacity: content.length, format }));
  const raw = join(folder, 'raw');
  await writeFile(raw, content);
  if (format === 'qcow2')
    await execa('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, join(folder, 'q')]);
  await volume.upload(format === 'raw' ? raw : join(folder, 'q'));
  return await volume.path();
};

const define = (name: string, disks: string) =>
  connection.defineDomain(
    `<domain type='qemu'><name>${name}</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os><devices>${disks}</devices></domain>`,
  );

const diskXml = (path: string, format: string): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${path}'/><target dev='vda' bus='virtio'/></disk>`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-target-'));
  daemon = await startPrivateDaemon();
  connection = await connect(daemon.uri);
  pool = await makePool(connection, daemon, 'disks');
  disk = await bootableDos();
  await define('empty', '');
});
afterAll(async () => {
  try {
    await connection.close();
  } finally {
    await daemon.stop();
    await rm(folder, { recursive: true });
  }
});

const verdict = async (target: string) => {
  await using opened = await openTarget(target, async () => connection);
  const { bootable, size } = await checkDisk(opened.disk);
  return { name: opened.name, format: opened.format, bootable, size, notes: opened.notes };
};

describe('openTarget', () => {
  it.each(['raw', 'qcow2'] as const)('reads a volume of the format %s', async (format) => {
    await upload(`good-${format}`, format, disk);
    expect(await verdict(`disks/good-${format}`)).toEqual({
      name: `disks/good-${format} on ${connection.uri}`,
      format,
      bootable: 'yes',
      size: 10 * mebibyte,
      notes: [],
    });
  });

  it('does not take a raw volume for an image, whatever a guest wrote to it', async () => {
    const bytes = Buffer.from(disk);
    await upload('liar', 'raw', bytes);
    await using volume = (await pool.lookupVolume('liar'))!;
    await volume.upload(Buffer.from('QFI\xfb', 'latin1'));
    expect(await verdict('disks/liar')).toMatchObject({ format: 'raw', bootable: 'unknown' });
  });

  it('reads the first disk of a domain, media apart', async () => {
    const path = await upload('of-domain', 'qcow2', disk);
    const medium = `<disk type='file' device='cdrom'><source file='/nowhere.iso'/><target dev='sda' bus='sata'/></disk>`;
    await define('web', medium + diskXml(path, 'qcow2'));
    expect(await verdict('web')).toMatchObject({ format: 'qcow2', bootable: 'yes', notes: [] });
  });

  it('says of a domain that runs that its disk may change', async () => {
    const path = await upload('of-running', 'raw', disk);
    await using domain = await define('running', diskXml(path, 'raw'));
    await domain.start({ paused: true });
    try {
      expect(await verdict('running')).toMatchObject({
        bootable: 'yes',
        notes: ['The domain running is not shut off: its disk may change under our eyes.'],
      });
    } finally {
      await domain.destroy();
    }
  });

  it('reads a disk that names pool and volume', async () => {
    await upload('by-name', 'qcow2', disk);
    await define(
      'by-name',
      `<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='disks' volume='by-name'/><target dev='vda' bus='virtio'/></disk>`,
    );
    expect(await verdict('by-name')).toMatchObject({ bootable: 'yes' });
  });

  it('reads what a clone’s disk is laid over', async () => {
    const path = await upload('base', 'qcow2', disk);
    const xml = volumeXml({
      name: 'clone',
      capacity: 20 * mebibyte,
      format: 'qcow2',
      backing: { path, format: 'qcow2' },
    });
    await using clone = await pool.createVolume(xml);
    await define('clone', diskXml(await clone.path(), 'qcow2'));
    expect(await verdict('clone')).toMatchObject({ bootable: 'yes', size: 20 * mebibyte });
  });

  it('reads a file outside every pool of a daemon on this host', async () => {
    const path = join(folder, 'outside.img');
    await writeFile(path, disk);
    await define('outside', diskXml(path, 'raw'));
    expect(await verdict('outside')).toMatchObject({ name: path, bootable: 'yes' });
  });

  it('does not follow a backing file that an image of its own names', async () => {
    await execa('qemu-img', ['create', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/passwd', join(folder, 'spy')]);
    await expect(verdict(join(folder, 'spy'))).rejects.toMatchObject({
      code: 'VAPP_VERIFY_QCOW2',
      why: 'It has a backing file.',
    });
  });

  it.each([
    ['no-such-domain', 'it is no file here, and .* has no such domain'],
    ['disks/no-such-volume', 'it is no file here, and .* has no such volume'],
    ['no-such-pool/disk', 'it is no file here, and .* has no such pool'],
    ['empty', 'the domain of this name has none'],
  ])('says what is not there: %s', async (target, why) => {
    await expect(verdict(target)).rejects.toMatchObject({
      code: 'VAPP_VERIFY_TARGET',
      message: `there is no disk ${target}`,
      why: expect.stringMatching(why),
    });
  });
});
