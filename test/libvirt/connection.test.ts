import { expect, test } from 'vitest';
import { connect, type LifecycleEvent } from '../../src/libvirt/index.js';
import { nextEvent } from './waiting.js';

const xml =
  "<domain type='test'><name>d</name><memory unit='MiB'>8</memory><os><type>hvm</type></os></domain>";

test('tells who it is connected to', async () => {
  await using connection = await connect('test:///default');
  expect(connection.uri).toBe('test:///default');
  expect(connection.driver()).toBe('TEST');
  expect(await connection.libVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await connection.hypervisorVersion()).toBe('0.0.2');
  expect(await connection.hostname()).not.toBe('');
  expect(await connection.capabilities()).toContain('<capabilities>');
  expect(await connection.isAlive()).toBe(true);
});

test('emits what happens to domains, with names for the numbers', async () => {
  await using connection = await connect('test:///default');
  const events: LifecycleEvent[] = [];
  connection.on('lifecycle', (event) => events.push(event));
  const undefined_ = nextEvent(connection, ({ event }) => event === 'undefined');
  const domain = await connection.defineDomain(xml);
  await domain.start();
  await domain.suspend();
  await domain.destroy();
  await domain.undefine();
  await undefined_;
  expect(events.map(({ event, reason }) => `${event} ${reason}`)).toEqual([
    'defined added',
    'started booted',
    'suspended paused',
    'stopped destroyed',
    'undefined removed',
  ]);
  expect(events[0]).toMatchObject({ name: 'd', uuid: domain.uuid, detail: 0 });
});

test('each connection hears an event once, until it is closed', async () => {
  // In one process the connections to test:///default share their host.
  await using first = await connect('test:///default');
  await using second = await connect('test:///default');
  const heard: string[] = [];
  first.on('lifecycle', ({ event }) => heard.push(`first ${event}`));
  second.on('lifecycle', ({ event }) => heard.push(`second ${event}`));
  const domain = await second.lookupDomain('test');
  const suspended = nextEvent(second, ({ event }) => event === 'suspended');
  await domain?.suspend();
  await suspended;
  await first.close();
  const resumed = nextEvent(second, ({ event }) => event === 'resumed');
  await domain?.resume();
  await resumed;
  expect(heard.toSorted()).toEqual(['first suspended', 'second resumed', 'second suspended']);
});

test('an unknown host is an error that names the code', async () => {
  await expect(connect('nonsense:///')).rejects.toMatchObject({
    api: 'virConnectOpen',
    code: /^VAPP_LIBVIRT_/,
  });
});

test('closing during calls waits for them', async () => {
  const connection = await connect('test:///default');
  const calls = [
    connection.listDomains(),
    connection.lookupDomain('test'),
    connection.lookupPool('default-pool'),
  ];
  expect(await connection.close()).toBe(0);
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
});
