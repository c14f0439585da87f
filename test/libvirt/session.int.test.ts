import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect, type Pool } from '../../src/libvirt/index.js';
import { startEnding } from './child.js';
import { guestXml } from './guest-xml.js';
import { makePool, type PrivateDaemon, startPrivateDaemon } from './private-daemon.js';
import { collect, nextEvent } from './waiting.js';

let daemon: PrivateDaemon;
let connection: Connection;
beforeAll(async () => {
  daemon = await startPrivateDaemon();
  connection = await connect(daemon.uri);
});
afterAll(async () => {
  try {
    expect(await connection.close()).toBe(0);
  } finally {
    await daemon.stop();
  }
});

const volumeXml = (name: string, capacity: number, format = 'raw') =>
  `<volume><name>${name}</name><capacity>${capacity}</capacity><target><format type='${format}'/></target></volume>`;

describe('storage', () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = await makePool(connection, daemon, 'p');
  });

  // Neither a multiple of a message nor of a page.
  const bytes = randomBytes(3 * 262_120 + 1001);

  test.each([
    ['a file', async () => join(daemon.directory, 'source')],
    ['bytes', async () => bytes],
    ['a stream', async () => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)])],
  ])('uploads from %s, and reads the same back', async (name, source) => {
    await writeFile(join(daemon.directory, 'source'), bytes);
    await using volume = await pool.createVolume(volumeXml(name, bytes.length));
    const progress: [number, number | undefined][] = [];
    await volume.upload(await source(), {
      size: bytes.length,
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(progress.at(-1)).toEqual([bytes.length, bytes.length]);
    const target = join(daemon.directory, 'target');
    await volume.download(target);
    expect((await readFile(target)).equals(bytes)).toBe(true);
    expect((await volume.read(262_000, 999)).equals(bytes.subarray(262_000, 262_999))).toBe(true);
    expect((await volume.read(bytes.length - 10, 100)).equals(bytes.subarray(-10))).toBe(true);
    expect(await volume.read(0, 0)).toHaveLength(0);
    await volume.delete();
  });

  test('a source that gives less than it promised is refused, and the connection goes on', async () => {
    await using volume = await pool.createVolume(volumeXml('short', 1000));
    await expect(volume.upload(Readable.from([Buffer.alloc(10)]), { size: 1000 })).rejects.toMatchObject({
      code: 'VAPP_LIBVIRT_UPLOAD_SIZE',
    });
    await expect(volume.upload(join(daemon.directory, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await volume.info()).toMatchObject({ type: 'file', capacity: 1000 });
    await volume.delete();
  });

  test('a transfer can be stopped', async () => {
    await using volume = await pool.createVolume(volumeXml('stopped', bytes.length));
    const stop = new AbortController();
    const transfer = volume.upload(bytes, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(transfer).rejects.toThrow('enough');
    await expect(volume.download(join(daemon.directory, 'x'), { signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    await volume.delete();
  });

  test('resizes, lists and deletes volumes', async () => {
    await using volume = await pool.createVolume(volumeXml('q.qcow2', 2 ** 20, 'qcow2'));
    await expect(pool.createVolume(volumeXml('q.qcow2', 1))).rejects.toMatchObject({
      code: 'VAPP_LIBVIRT_VOLUME_EXISTS',
      libvirtCode: 90,
    });
    await volume.resize(3 * 2 ** 20);
    expect((await volume.info()).capacity).toBe(3 * 2 ** 20);
    expect((await volume.read(0, 4)).toString('latin1')).toBe('QFI\xfb'.normalize());
    expect(await connection.lookupVolumeByPath(await volume.path())).toMatchObject({ name: 'q.qcow2' });
    await volume.delete();
    expect(await pool.listVolumes()).toEqual([]);
  });

  test('stops, deletes and forgets a pool', async () => {
    await pool.destroy();
    await pool.delete();
    await pool.undefine();
    expect(await connection.lookupPool('p')).toBeUndefined();
  });
});

describe('a guest', () => {
  test('is paused first, so that its console misses nothing; runs; ends with its events', async () => {
    await using domain = await connection.createDomain(guestXml('console'), {
      paused: true,
      autodestroy: true,
    });
    expect(await domain.state()).toBe('paused');
    const stopped = nextEvent(connection, ({ name, event }) => name === 'console' && event === 'stopped');
    const stream = await domain.openConsole();
    const { until } = collect(stream);
    await domain.resume();
    await until('Press ESC for boot menu');
    stream.write('\x1b');
    await until('Select boot device');
    const ended = new Promise((resolve) => stream.once('close', resolve));
    await domain.destroy();
    expect(await stopped).toMatchObject({ reason: 'destroyed', uuid: domain.uuid });
    await ended;
    expect(stream).toMatchObject({ readableEnded: true, errored: null });
    await expect(domain.state()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_NO_DOMAIN' });
  });

  test('has one reader for each console, whom `force` throws out', async () => {
    await using domain = await connection.createDomain(guestXml('force'), {
      paused: true,
      autodestroy: true,
    });
    const first = await domain.openConsole('serial1');
    first.resume();
    await expect(domain.openConsole('serial1')).rejects.toMatchObject({
      hint: expect.stringContaining('force'),
    });
    const thrownOut = new Promise((resolve) => first.once('close', resolve));
    first.on('error', () => undefined);
    const second = await domain.openConsole('serial1', { force: true });
    await thrownOut;
    const closed = new Promise((resolve) => second.once('close', resolve));
    second.destroy();
    await closed;
    await domain.destroy();
  });

  test('is counted, photographed and typed to', async () => {
    const pool = await makePool(connection, daemon, 'd');
    const disk = await pool.createVolume(volumeXml('d.qcow2', 2 ** 20, 'qcow2'));
    await using domain = await connection.createDomain(guestXml('counted', { disk: await disk.path() }), {
      paused: true,
      autodestroy: true,
    });
    const { until } = collect(await domain.openConsole());
    await domain.resume();
    await until('Press ESC for boot menu');
    await domain.sendKey([1]);
    await until('Select boot device');
    expect(await domain.blockStats('vda')).toMatchObject({ readRequests: expect.any(Number), writeBytes: 0 });
    expect(await domain.info()).toMatchObject({ state: 'running', memory: 32 * 2 ** 20, cpus: 1 });
    expect((await domain.info()).cpuTime).toBeGreaterThan(0);
    expect(await domain.allStats()).toMatchObject({ 'block.count': 1, 'block.0.name': 'vda' });
    const { mime, data } = await domain.screenshot();
    expect(mime).toBe('image/png');
    expect(data.subarray(1, 4).toString()).toBe('PNG');
    expect(JSON.parse(await domain.qemuMonitor('{"execute":"query-status"}'))).toMatchObject({
      return: { status: 'running' },
    });
    expect(await domain.qemuMonitor('info version', { hmp: true })).toMatch(/^\d+\.\d+/);
    await domain.destroy();
    await disk.delete();
    await pool.destroy();
    await pool.undefine();
  });

  test('with autodestroy ends with a process that is killed', async () => {
    const { child, ready, ended } = startEnding(daemon.uri, 'guest', { xml: guestXml('orphan') });
    await ready();
    const stopped = nextEvent(connection, ({ name, event }) => name === 'orphan' && event === 'stopped');
    child.kill('SIGKILL');
    await ended;
    await stopped;
    expect(await connection.lookupDomain('orphan')).toBeUndefined();
  });

  test('that cannot start is an error with libvirt’s words, not a lost connection', async () => {
    await expect(connection.createDomain(guestXml('bad', { disk: '/nowhere.qcow2' }))).rejects.toMatchObject({
      code: 'VAPP_LIBVIRT_FAILED',
      libvirtCode: 38,
      message: expect.stringContaining('/nowhere.qcow2'),
    });
    expect(await connection.isAlive()).toBe(true);
  });
});

test('capabilities name the emulator', async () => {
  expect(await connection.capabilities()).toContain("<domain type='qemu'");
  expect(await connection.domainCapabilities({ arch: 'x86_64', virttype: 'qemu' })).toContain(
    '<domainCapabilities>',
  );
  expect(connection.driver()).toBe('QEMU');
  expect(await connection.listNetworks()).toEqual([]);
});
