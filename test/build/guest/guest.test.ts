import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { startGuest } from '../../../src/build/guest/guest.js';
import { destroyDomain } from '../../../src/build/guest/guest-end.js';
import { Scope } from '../../../src/build/records/scope.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { LibvirtError } from '../../../src/libvirt/index.js';
import type { Engine } from '../../../src/plan/plan.js';

const gone = () =>
  new LibvirtError({
    api: 'virDomainDestroyFlags',
    libvirtCode: 42,
    domain: 10,
    message: 'Domain not found',
  });

/** A libvirt with one guest. `log` has the calls in their order. */
function double() {
  const log: string[] = [];
  const consoles = new Map<string, PassThrough>();
  const domain = {
    name: 'guest',
    state: vi.fn(async () => 'running'),
    resume: vi.fn(async (): Promise<void> => void log.push('resume')),
    destroy: vi.fn(async () => {
      log.push('destroy');
      for (const console of consoles.values()) console.end();
    }),
    openConsole: vi.fn(async (device: string) => {
      log.push(`open ${device}`);
      const console = new PassThrough();
      consoles.set(device, console);
      return console;
    }),
  };
  const connection = Object.assign(new EventEmitter(), {
    uri: 'qemu:///system',
    lookupDomain: vi.fn(async (): Promise<unknown> => domain),
    createDomain: vi.fn(async (_: string, options: object) => {
      log.push(`create ${JSON.stringify(options)}`);
      return domain;
    }),
  });
  const stop = (reason: string, name = 'guest') => {
    connection.emit('lifecycle', { name, event: 'stopped', reason });
  };
  return { log, consoles, domain, connection, stop, libvirt: connection as unknown as Connection };
}

let host: ReturnType<typeof double>;
let scope: Scope;
let heard: string[];
beforeEach(() => {
  host = double();
  scope = new Scope();
  heard = [];
});

const channel = (device: string) => ({
  device,
  onData: (chunk: Buffer) => void heard.push(`${device}: ${chunk}`),
  onEnd: () => void heard.push(`${device} ends`),
});
const start = (o: { engine?: Engine; keep?: boolean } = {}) =>
  startGuest({
    connection: host.libvirt,
    scope,
    name: 'guest',
    xml: '<domain/>',
    channels: [channel('serial0'), channel('serial1')],
    engine: 'kvm',
    keep: false,
    ...o,
  });
const never = new AbortController().signal;

test('no byte is lost: consoles are open before the guest runs', async () => {
  await start();
  expect(host.log).toEqual([
    'create {"paused":true,"autodestroy":true}',
    'open serial0',
    'open serial1',
    'resume',
  ]);
  expect(scope.held()).toEqual([{ kind: 'domain', name: 'guest' }]);
});

test.each([
  ['a driver without autodestroy is not asked for it', { engine: 'xen-pvh' }],
  ['nor is one whose guest is to be kept', { keep: true }],
] as const)('%s', async (_, o) => {
  await start(o);
  expect(host.connection.createDomain).toHaveBeenCalledWith('<domain/>', {
    paused: true,
    autodestroy: false,
  });
});

test('where there is one console it carries both channels, and is opened without a name', async () => {
  const guest = await start({ engine: 'xen-pvh' });
  expect(host.log.filter((call) => call.startsWith('open'))).toEqual(['open undefined']);
  const ended = guest.ended(never);
  const console = host.consoles.values().next().value!;
  console.write('Prompt: \x1ea line of the log\r\n');
  console.end();
  host.stop('shutdown');
  await ended;
  expect(heard).toEqual([
    'serial0: Prompt: ',
    'serial1: a line of the log\n',
    'serial0 ends',
    'serial1 ends',
  ]);
});

test('the end of a guest is told once its consoles are read', async () => {
  const guest = await start();
  const ended = guest.ended(never);
  host.stop('crashed', 'another');
  host.stop('shutdown');
  host.consoles.get('serial0')?.write('last words');
  for (const console of host.consoles.values()) console.end();
  expect(await ended).toBe('shutdown');
  expect(heard).toEqual(['serial0: last words', 'serial0 ends', 'serial1 ends']);
});

test('an end before anybody waits for it is not missed', async () => {
  host.domain.resume.mockImplementation(async () => host.stop('failed'));
  const guest = await start();
  for (const console of host.consoles.values()) console.destroy();
  expect(await guest.ended(never)).toBe('failed');
});

test('waiting ends when the user cancels', async () => {
  const guest = await start();
  const cancel = new AbortController();
  const ended = guest.ended(cancel.signal);
  cancel.abort();
  expect(await ended).toBe('aborted');
  expect(await guest.ended(cancel.signal)).toBe('aborted');
});

test('a console that breaks is no failure of its own', async () => {
  const guest = await start();
  host.consoles.get('serial0')?.destroy(new Error('broken pipe'));
  host.consoles.get('serial1')?.end();
  host.stop('shutdown');
  expect(await guest.ended(never)).toBe('shutdown');
});

test('a lost connection is the failure', async () => {
  const guest = await start();
  const ended = guest.ended(never);
  host.connection.emit('closed', 'eof');
  await expect(ended).rejects.toMatchObject({
    code: 'VAPP_LIBVIRT_CONNECTION_LOST',
    message: 'the connection to libvirt was lost',
    why: 'eof',
    hint: 'virsh -c qemu:///system list',
  });
});

test('a guest that is paused for want of space is over; one that someone pauses is not', async () => {
  const guest = await start();
  host.connection.emit('lifecycle', { name: 'guest', event: 'suspended', reason: 'paused' });
  host.connection.emit('lifecycle', { name: 'other', event: 'suspended', reason: 'ioerror' });
  expect(await Promise.race([guest.stopped, Promise.resolve('running')])).toBe('running');
  host.connection.emit('lifecycle', { name: 'guest', event: 'suspended', reason: 'ioerror' });
  expect(await guest.stopped).toBe('ioerror');
});

describe('ending a guest', () => {
  test('destroys it, closes its consoles and forgets it', async () => {
    const guest = await start();
    await guest.end();
    await guest.end();
    expect(host.domain.destroy).toHaveBeenCalledTimes(1);
    expect([...host.consoles.values()].every(({ destroyed }) => destroyed)).toBe(true);
    expect(host.connection.listenerCount('lifecycle')).toBe(0);
    expect(host.connection.listenerCount('closed')).toBe(0);
    expect(scope.held()).toEqual([]);
  });

  test('is the scope’s business when it could be made only in part', async () => {
    host.domain.openConsole.mockRejectedValueOnce(new Error('no virtlogd'));
    await expect(start()).rejects.toThrow('no virtlogd');
    await scope.close();
    expect(host.log.at(-1)).toBe('destroy');
    expect(host.connection.listenerCount('lifecycle')).toBe(0);
  });

  test('needs nothing of a domain that is gone, goes just then, or is off', async () => {
    host.connection.lookupDomain.mockResolvedValueOnce(undefined);
    await destroyDomain(host.libvirt, 'guest');
    expect(host.domain.destroy).not.toHaveBeenCalled();
    host.domain.destroy.mockRejectedValueOnce(gone());
    await destroyDomain(host.libvirt, 'guest');
    host.domain.destroy.mockRejectedValueOnce(new Error('domain is not running'));
    host.domain.state.mockResolvedValueOnce('shutoff');
    await destroyDomain(host.libvirt, 'guest');
  });

  test('fails when nobody can say whether it goes on', async () => {
    const lost = new Error('the connection was lost');
    host.domain.destroy.mockRejectedValueOnce(lost);
    host.domain.state.mockRejectedValueOnce(new Error('the connection is lost'));
    await expect(destroyDomain(host.libvirt, 'guest')).rejects.toBe(lost);
  });

  test('fails when the domain goes on', async () => {
    host.domain.destroy.mockRejectedValueOnce(new Error('device or resource busy'));
    await expect(destroyDomain(host.libvirt, 'guest')).rejects.toThrow('device or resource busy');
  });
});
