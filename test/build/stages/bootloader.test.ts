import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { installBootloader } from '../../../src/build/stages/bootloader.js';
import { uploadFile } from '../../../src/build/storage.js';
import { assembleInitrd } from '../../../src/installer/index.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import { bootableDos } from '../../verify/disk-image.js';
import { guestDouble, stageDouble } from '../stage-double.js';

let host: ReturnType<typeof guestDouble>;
vi.mock('../../../src/build/guest/guest.js', () => ({ startGuest: (o: never) => host.startGuest(o) }));
vi.mock('../../../src/build/storage.js', () => ({ uploadFile: vi.fn(async () => '/default-pool/initrd') }));
vi.mock('../../../src/installer/index.js', () => ({ assembleInitrd: vi.fn() }));

let connection: Connection;
let build: Awaited<ReturnType<typeof stageDouble>>;
let finished: Buffer;
let disk: Buffer;
beforeAll(async () => {
  finished = await bootableDos();
});
beforeEach(async () => {
  host = guestDouble();
  connection = await openInline();
  build = await stageDouble(connection);
  disk = finished;
  const read = async (offset: number, length: number) => disk.subarray(offset, offset + length);
  build.prepared.plan.appliance.disk.size = disk.length;
  build.prepared.disk = { path: async () => '/default-pool/disk', read } as never;
  vi.mocked(assembleInitrd).mockImplementation(
    async (_common, _parts, file) => await writeFile(file, 'initrd'),
  );
});
afterEach(async () => {
  vi.clearAllMocks();
  await connection.close();
});

const running = async () => {
  const done = installBootloader(build.context, build.prepared);
  done.catch(() => undefined);
  await vi.waitFor(() => expect(host.guest.ended).toHaveBeenCalled());
  return { done };
};

test('the finisher’s own part of the initrd is uploaded and not left in the build directory', async () => {
  await running();
  expect(uploadFile).toHaveBeenCalledWith(
    build.context,
    expect.objectContaining({ name: build.prepared.plan.names.finisherInitrd }),
  );
  expect(existsSync(join(build.context.directory, 'finisher-initrd'))).toBe(false);
  expect(readFileSync(join(build.context.directory, 'finisher.xml'), 'utf8')).toContain(
    '<initrd>/default-pool/initrd</initrd>',
  );
});

test('a finisher without an end mark has failed', async () => {
  const { done } = await running();
  host.stop('crashed');
  await expect(done).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_NO_END' });
  expect(host.startGuest).toHaveBeenCalledOnce();
});

describe('a finisher whose kernel crashes', () => {
  const panics = (): void => {
    host.say('serial0', 'Kernel panic - not syncing: Fatal exception in interrupt');
    host.stop('crashed');
  };
  const startedAgain = () => vi.waitFor(() => expect(host.guest.ended).toHaveBeenCalledTimes(2));

  test('before its first step has touched nothing, and is started once more', async () => {
    const { done } = await running();
    panics();
    await startedAgain();
    expect(host.guest.end).toHaveBeenCalledOnce();
    expect(build.events).toContainEqual({
      type: 'notice',
      text: 'the finisher guest is started again, as its kernel crashed: Kernel panic - not syncing: Fatal exception in interrupt',
    });
    host.say('serial1', end);
    host.stop('shutdown');
    await done;
  });

  test('and crashes again has failed', async () => {
    const { done } = await running();
    panics();
    await startedAgain();
    panics();
    await expect(done).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_NO_END',
      why: 'It did not begin its first step. Its kernel crashed: Kernel panic - not syncing: Fatal exception in interrupt',
    });
    expect(host.startGuest).toHaveBeenCalledTimes(2);
  });

  test('in one of its steps has failed', async () => {
    const { done } = await running();
    host.say('serial1', 'VAPP1 {"t":"begin","step":"fsck"}\n');
    panics();
    await expect(done).rejects.toMatchObject({ why: expect.stringContaining('the step "fsck"') });
    expect(host.startGuest).toHaveBeenCalledOnce();
  });
});

test('a finisher that someone destroys: that is the reason', async () => {
  const { done } = await running();
  host.stop('destroyed');
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_BUILD_GUEST',
    cause: expect.objectContaining({ code: 'VAPP_BOOTLOADER_NO_END' }),
  });
});

test('one that is killed after its end mark was done', async () => {
  const { done } = await running();
  host.say('serial1', end);
  host.stop('destroyed');
  await done;
});

test('one that takes too long', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.abort());
  await expect(installBootloader(build.context, build.prepared)).rejects.toMatchObject({
    code: 'VAPP_BOOTLOADER_SLOW',
    message: 'the finisher guest was not done after 120 s',
    why: 'it hangs, or the host is far busier than usual',
    hint: 'vapp logs --log finisher web-20250102-abcdef',
  });
});

test('cancelled, it gives the reason of that', async () => {
  const { done } = await running();
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
});

const end = 'VAPP1 {"t":"end","status":0,"left":""}\n';

const ends = async () => {
  const { done } = await running();
  host.say('serial1', end);
  host.stop('shutdown');
  return await done;
};

test('an end mark, and a disk that boots', async () => {
  await ends();
});

test('an end mark alone is not believed: the disk itself is read', async () => {
  disk = Buffer.alloc(disk.length);
  await expect(ends()).rejects.toMatchObject({
    code: 'VAPP_BOOTLOADER_CHECK',
    message: 'the disk would not boot',
    why: 'The first sector has no boot signature 55 aa.',
    hint: 'vapp logs --log finisher web-20250102-abcdef',
  });
});

test('nor a boot sector alone: the way is followed to the kernel', async () => {
  disk = Buffer.from(finished);
  disk.write('root=UUID=2', disk.indexOf('root=UUID='), 'latin1');
  await expect(ends()).rejects.toMatchObject({
    code: 'VAPP_BOOTLOADER_CHECK',
    why: expect.stringMatching(/has root=UUID=2.*, which is not on this disk\.$/),
  });
});
