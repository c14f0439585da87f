import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  checkVolumes,
  endedFromOutside,
  explained,
  watchGround,
} from '../../../src/build/guest/interference.js';
import { endDeadLine } from '../../../src/build/reach/dead-line.js';
import { Scope } from '../../../src/build/records/scope.js';
import { createVolume } from '../../../src/build/storage.js';
import { volumeXml } from '../../../src/domain/index.js';
import { VappError } from '../../../src/errors.js';
import type { Connection, Pool } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import { pool as poolName } from '../../template/support.js';

vi.mock('../../../src/build/reach/dead-line.js', () => ({ endDeadLine: vi.fn() }));

let connection: Connection;
let pool: Pool;
let scope: Scope;
beforeEach(async () => {
  connection = await openInline();
  pool = (await connection.lookupPool(poolName))!;
  scope = new Scope();
  await make('disk');
});
afterEach(async () => {
  vi.useRealTimers();
  await connection.close();
});

const make = (name: string) =>
  createVolume({ pool, poolName, scope, name }, volumeXml({ name, capacity: 1024, format: 'raw' }));
const deleteVolume = async (name: string) => (await pool.lookupVolume(name))?.delete();
const gone = {
  code: 'VAPP_BUILD_VOLUME',
  message: `the volume ${poolName}/disk is gone`,
  why: expect.stringContaining('something else deleted it'),
};

describe('a volume that someone deletes', () => {
  test('is named', async () => {
    await checkVolumes({ connection, scope });
    await deleteVolume('disk');
    await expect(checkVolumes({ connection, scope })).rejects.toMatchObject(gone);
  });

  test('explains whatever broke by it; an error that has nothing to do with it stays', async () => {
    const error = new Error('Cannot access storage file');
    expect(await explained({ connection, scope }, error)).toBe(error);
    await deleteVolume('disk');
    expect(await explained({ connection, scope }, error)).toMatchObject({ ...gone, cause: error });
  });

  test('with its pool', async () => {
    const lookup = vi.spyOn(connection, 'lookupPool').mockResolvedValue(undefined);
    await expect(checkVolumes({ connection, scope })).rejects.toMatchObject({
      ...gone,
      why: `something else removed the storage pool ${poolName}`,
    });
    lookup.mockRestore();
  });

  test('that cannot be seen, since its pool was stopped', async () => {
    const active = vi.spyOn(Object.getPrototypeOf(pool), 'isActive').mockResolvedValue(false);
    const error = new Error('Requested operation is not valid');
    expect(await explained({ connection, scope }, error)).toMatchObject({
      code: 'VAPP_BUILD_STORAGE',
      message: `the storage pool ${poolName} was stopped`,
      cause: error,
    });
    active.mockRestore();
  });

  test('a lost connection is its own reason, and nobody is asked', async () => {
    const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'lost');
    const lookup = vi.spyOn(connection, 'lookupPool');
    expect(await explained({ connection, scope }, lost)).toBe(lost);
    expect(lookup).not.toHaveBeenCalled();
  });
});

describe('no alarm', () => {
  test('about a volume that is just being made', async () => {
    const resource = { kind: 'volume', pool: poolName, name: 'half' } as const;
    const making = scope.acquire(
      resource,
      () => checkVolumes({ connection, scope }),
      () => undefined,
    );
    await making;
  });

  test('about one that the build removes meanwhile', async () => {
    const volume = { kind: 'volume', pool: poolName, name: 'disk' } as const;
    const { lookupPool } = connection;
    vi.spyOn(connection, 'lookupPool').mockImplementationOnce(async (name) => {
      await scope.release(volume);
      return await lookupPool.call(connection, name);
    });
    await checkVolumes({ connection, scope });
  });

  test('about one that was released', async () => {
    await scope.release({ kind: 'volume', pool: poolName, name: 'disk' });
    await checkVolumes({ connection, scope });
  });
});

describe('while a stage runs', () => {
  test('a deleted volume ends the build', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stop = new AbortController();
    const ground = watchGround({ connection, scope }, stop);
    await deleteVolume('disk');
    expect(stop.signal.aborted).toBe(false);
    vi.advanceTimersByTime(30_000);
    await vi.waitFor(() => expect(stop.signal.reason).toMatchObject(gone));
    ground.end();
  });

  test('a look that hangs has the line looked at, and no second look waits behind it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let answer = (_: undefined): void => undefined;
    const lookup = vi.spyOn(connection, 'lookupPool').mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const ground = watchGround({ connection, scope }, new AbortController());
    vi.advanceTimersByTime(30_000);
    expect(endDeadLine).not.toHaveBeenCalled();
    vi.advanceTimersByTime(30_000);
    expect(endDeadLine).toHaveBeenCalledExactlyOnceWith(connection.uri);
    expect(lookup).toHaveBeenCalledOnce();
    answer(undefined);
    await vi.waitFor(() => {
      vi.advanceTimersByTime(30_000);
      expect(lookup).toHaveBeenCalledTimes(2);
    });
    ground.end();
  });

  test('a lost connection ends the build', () => {
    const stop = new AbortController();
    const ground = watchGround({ connection, scope }, stop);
    connection.emit('closed', 'eof');
    expect(stop.signal.reason).toMatchObject({
      code: 'VAPP_LIBVIRT_CONNECTION_LOST',
      why: expect.stringContaining('eof'),
    });
    ground.end();
    expect(connection.listenerCount('closed')).toBe(0);
  });
});

describe('a guest that ended', () => {
  const end = (reason: string) => endedFromOutside({ connection, name: 'guest', reason });

  test.each([
    ['destroyed', /virsh destroy/],
    ['failed', /hypervisor’s process/],
  ])('%s: someone else did it', (reason, why) => {
    expect(end(reason)).toMatchObject({
      code: 'VAPP_BUILD_GUEST',
      message: 'the guest guest was ended from outside',
      why: expect.stringMatching(why),
    });
  });

  test('ioerror: there is no space, and the error of the stage is the cause', () => {
    const cause = new VappError('VAPP_INSTALLER_VANISHED', 'gone');
    expect(endedFromOutside({ connection, name: 'guest', reason: 'ioerror' }, cause)).toMatchObject({
      code: 'VAPP_BUILD_STORAGE',
      message: 'the guest guest can no longer write to its disk',
      why: expect.stringContaining('no space left'),
      cause,
    });
  });

  test.each(['shutdown', 'crashed'])('%s: it did that itself', (reason) => {
    expect(end(reason)).toBeUndefined();
  });
});
