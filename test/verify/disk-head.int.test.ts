import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, type Pool } from '../../src/libvirt/index.js';
import { checkBootSector } from '../../src/verify/bootsector.js';
import { readDiskHead } from '../../src/verify/disk-head.js';
import { type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { dosDisk } from './boot-disk.js';

let daemon: PrivateDaemon;
let connection: Connection;
let pool: Pool;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-volume-'));
  daemon = await startPrivateDaemon();
  connection = await connect(daemon.uri);
  const path = join(daemon.directory, 'images/heads');
  pool = await connection.definePool(
    `<pool type='dir'><name>heads</name><target><path>${path}</path></target></pool>`,
  );
  await pool.build();
  await pool.start();
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

describe('readDiskHead', () => {
  it.each(['raw', 'qcow2'])('reads a libvirt volume of the format %s as its guest would', async (format) => {
    const raw = join(folder, 'raw');
    const image = join(folder, format);
    const { bytes } = dosDisk();
    await writeFile(raw, Buffer.concat([bytes, Buffer.alloc(3 * 2 ** 20)]));
    if (format !== 'raw') await execa('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, image]);
    await using volume = await pool.createVolume(volumeXml(format));
    await volume.upload(image);
    const head = await readDiskHead(volume, bytes.length);
    expect(head.equals(bytes)).toBe(true);
    expect(checkBootSector(head).ok).toBe(true);
  });
});
