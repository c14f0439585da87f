import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BuildRequest, build } from '../../../src/build/build.js';
import type { BuildContext } from '../../../src/build/context.js';
import { enterQueue, type Ticket } from '../../../src/build/queue/queue.js';
import { readBuild } from '../../../src/build/records/records.js';
import type { VappEvent } from '../../../src/events.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { buildMemory } from '../../../src/plan/index.js';
import { openInline } from '../../libvirt/inline.js';
import { minimal, parse } from '../../spec/helpers.js';
import { temporary } from '../support.js';

const id = 'web-20250102-abcdef';
let connection: Connection;
let events: VappEvent[];
let cancel: AbortController;
let other: Ticket;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  vi.stubEnv('XDG_CACHE_HOME', temporary());
  connection = await openInline();
  events = [];
  cancel = new AbortController();
  other = await enterQueue('test:///default', { id: 'db-1', template: 'db' });
});
afterEach(async () => {
  other[Symbol.dispose]();
  vi.unstubAllEnvs();
  await connection.close();
});

/** It gets no further than its first stage. */
const request = (): BuildRequest => ({
  id,
  resolved: parse(minimal()),
  specText: minimal(),
  connection,
  options: { keep: false, force: false },
  emit: (event) => events.push(event),
  signal: cancel.signal,
  stages: { prepare: () => Promise.reject(new Error('its turn')) },
});
const run = (more: Partial<BuildRequest> = {}) => build({ ...request(), jobs: 1, ...more });
const queued = () => vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'queued', ahead: 1 }));

test('a build waits until fewer than so many are before it, and shows so', async () => {
  const built = run();
  await queued();
  expect(readBuild(id)).toMatchObject({ state: 'queued', pid: process.pid });
  expect(events.map(({ type }) => type)).toEqual(['build', 'queued']);
  other[Symbol.dispose]();
  await expect(built).rejects.toThrow('its turn');
});

test('and does not wait where there is room for two', async () => {
  await expect(run({ jobs: 2 })).rejects.toThrow('its turn');
  expect(events.some(({ type }) => type === 'queued')).toBe(false);
});

test('without a number the memory of those before it counts, and its own is in its ticket', async () => {
  other[Symbol.dispose]();
  // The mock driver's host has 6 GiB, of which 4.5 are given away.
  const large = await enterQueue('test:///default', { id: 'db-2', template: 'db', memory: 4 * 1024 ** 3 });
  const built = build(request());
  await queued();
  const next = await enterQueue('test:///default', { id: 'mail-1', template: 'mail' });
  expect([...next.ahead()]).toEqual([4 * 1024 ** 3, buildMemory(request().resolved.appliance)]);
  large[Symbol.dispose]();
  await expect(built).rejects.toThrow('its turn');
});

test('cancelled while it waits: nothing is begun, and its place is free again', async () => {
  const built = run();
  await queued();
  cancel.abort(new Error('cancelled'));
  await expect(built).rejects.toThrow('cancelled');
  expect(readBuild(id)).toMatchObject({ state: 'cancelled' });
  const next = await enterQueue('test:///default', { id: 'web-2', template: 'web' });
  expect([...next.ahead()]).toHaveLength(1);
});

test('a build that has a connection for itself gives it back while it waits', async () => {
  const second = await openInline();
  const built = run({ reconnect: async () => second });
  await queued();
  await expect(connection.capabilities()).rejects.toThrow();
  other[Symbol.dispose]();
  await expect(built).rejects.toThrow('its turn');
  await expect(second.capabilities()).rejects.toThrow();
});

test('one that others use, too, stays open, and the build goes on with the one that they have by then', async () => {
  await using second = await openInline();
  const prepare = async (context: BuildContext) => {
    expect(context.connection).toBe(second);
    throw new Error('its turn');
  };
  const built = run({ reconnect: vi.fn(), shared: async () => second, stages: { prepare } });
  await queued();
  await connection.capabilities();
  other[Symbol.dispose]();
  await expect(built).rejects.toThrow('its turn');
  await second.capabilities();
});

test('a connection that cannot be had again is why the build fails', async () => {
  const built = run({ shared: () => Promise.reject(new Error('no socket')) });
  await queued();
  other[Symbol.dispose]();
  await expect(built).rejects.toThrow('no socket');
  expect(readBuild(id)).toMatchObject({ state: 'failed' });
});

test('a template of the same name under way: refused before anything is made', async () => {
  await expect(run({ options: { keep: false, force: true, name: 'db' } })).rejects.toMatchObject({
    code: 'VAPP_NAME_BUILDING',
  });
  expect(events).toEqual([]);
});
