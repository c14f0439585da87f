import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, type Pool } from '../../src/libvirt/index.js';
import { openDisk } from '../../src/verify/disk.js';
import { makePool, type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { randomBuffer } from './random.js';

let daemon: PrivateDaemon;
let connection: Connection;
let pool: Pool;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-volume-'));
  daemon = await startPrivateDaemon();
  connection = await connect(daemon.uri);
  pool = await makePool(connection, daemon, 'heads');
});
afterAll(async () => {
  try {
    await connection.close();
  } finally {
    await daemon.stop();
    await rm(folder, { recursive: true });
  }
});

const volumeXml = (format: string): string =>
  `<volume><name>${format}</name><capacity unit='MiB'>4</capacity><target><format type='${format}'/></target></volume>`;

describe('openDisk', () => {
  it.each(['raw', 'qcow2'])('reads a libvirt volume of the format %s as its guest would', async (format) => {
    const raw = join(folder, 'raw');
    const image = join(folder, format);
    const bytes = randomBuffer(6, 2 ** 20);
    await writeFile(raw, Buffer.concat([bytes, Buffer.alloc(3 * 2 ** 20)]));
    if (format !== 'raw') await execa('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, image]);
    await using volume = await pool.createVolume(volumeXml(format));
    await volume.upload(image);
    const disk = await openDisk(volume, 4 * 2 ** 20);
    expect(disk).toMatchObject({ format, size: 4 * 2 ** 20 });
    expect((await disk.read(0, bytes.length)).equals(bytes)).toBe(true);
    expect((await disk.read(4 * 2 ** 20 - 1000, 1000)).every((byte) => byte === 0)).toBe(true);
  });
});
