import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Lane, WorkerLane } from '../../src/libvirt/lane.js';
import { Lanes } from '../../src/libvirt/lanes.js';
import type { Pointer } from '../../src/libvirt/signature.js';

let lanes: WorkerLane[];
let connection: Pointer<'Connect'>;
beforeAll(async () => {
  lanes = [new WorkerLane(), new WorkerLane(), new WorkerLane()];
  connection = (await lanes[0]!.run('virConnectOpen', 'test:///default')) as Pointer<'Connect'>;
});
afterAll(async () => {
  expect(await lanes[0]!.run('virConnectClose', connection)).toBe(0);
  await Promise.all(lanes.map((lane) => lane.close()));
});

test('several threads share a connection, and each call gets its own error', async () => {
  const names = Array.from({ length: 600 }, (_, index) => `pool-${index}`);
  const messages = await Promise.all(
    names.map((name, index) =>
      lanes[index % lanes.length]!.run('lookupPool', connection, name).catch((error: Error) => error.message),
    ),
  );
  expect(messages).toEqual(
    names.map((name) => `Storage pool not found: no storage pool with matching name '${name}'`),
  );
});

test('errors keep their class on the way between the threads', async () => {
  await expect(lanes[1]!.run('lookupPool', connection, 1 as never)).rejects.toThrow(TypeError);
  await expect(lanes[1]!.run('nothing' as 'virConnectIsAlive', connection)).rejects.toThrow(
    'no libvirt function nothing',
  );
  await expect(lanes[1]!.run('lookupPool', connection, 'x')).rejects.toMatchObject({
    code: 'VAPP_LIBVIRT_NO_POOL',
    libvirtCode: 49,
  });
});

test('counts the calls under way', async () => {
  const calls = [
    lanes[2]!.run('virConnectIsAlive', connection),
    lanes[2]!.run('virConnectIsAlive', connection),
  ];
  expect(lanes[2]!.load).toBe(2);
  await Promise.all(calls);
  expect(lanes[2]!.load).toBe(0);
});

/** A lane whose calls never come back. */
class StuckLane {
  readonly tasks: string[] = [];
  get load(): number {
    return this.tasks.length;
  }
  run: Lane['run'] = (name, ..._args) => {
    this.tasks.push(name);
    return new Promise(() => undefined);
  };
  /** Its calls come back after all. */
  wake(): void {
    this.tasks.length = 0;
  }
  readonly letGo = vi.fn();
  async close(): Promise<void> {}
}

function stuckLanes() {
  const made: StuckLane[] = [];
  const pool = new Lanes(() => {
    const lane = new StuckLane();
    made.push(lane);
    return lane;
  });
  return { made, pool };
}

test('quick calls never wait in a slow lane, of which there are at most three', () => {
  const { made, pool } = stuckLanes();
  expect(pool.busy).toBe(false);
  for (let index = 0; index < 6; index++) void pool.run('virDomainDestroyFlags', 1n as Pointer<'Domain'>, 0);
  void pool.run('domainState', 1n as Pointer<'Domain'>);
  void pool.run('domainState', 1n as Pointer<'Domain'>);
  expect(made.map(({ load }) => load)).toEqual([2, 2, 2, 2]);
  expect(made.at(-1)?.tasks).toEqual(['domainState', 'domainState']);
  expect(pool.busy).toBe(true);
});

test('a call that nobody waits for is let go in the lane that it is in, and in no other', () => {
  const { made, pool } = stuckLanes();
  void pool.run('openConnection', null, { keepAlive: { interval: 1, count: 1 } });
  pool.letGo(pool.run('openConnection', null, { keepAlive: { interval: 1, count: 1 } }));
  expect(made.map(({ letGo }) => letGo.mock.calls.length)).toEqual([0, 1]);
});

test('nothing waits behind a call that was let go, and its thread counts as busy', () => {
  const { made, pool } = stuckLanes();
  pool.letGo(pool.run('domainState', 1n as Pointer<'Domain'>));
  expect(pool.busy).toBe(true);
  void pool.run('domainState', 1n as Pointer<'Domain'>);
  expect(made.map(({ load }) => load)).toEqual([1, 1]);
});

test.each(['domainState', 'virDomainDestroyFlags'] as const)(
  'nothing comes to wait behind %s that may never come back; once it has, its thread is used again',
  (name) => {
    const { made, pool } = stuckLanes();
    const run = () => pool.run(name, 1n as Pointer<'Domain'>, 0 as never);
    pool.avoid(run());
    pool.avoid(run());
    expect(made.map(({ load, letGo }) => [load, letGo.mock.calls.length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    made[0]!.wake();
    void run();
    expect(made.map(({ load }) => load)).toEqual([1, 1]);
  },
);
