import { vi } from 'vitest';
import type { BuildContext } from '../../src/build/context.js';
import type { GuestOptions } from '../../src/build/guest/guest.js';
import { Scope } from '../../src/build/records/scope.js';
import type { ReadyToInstall } from '../../src/build/stages/prepare.js';
import { loadTemplate } from '../../src/domain/index.js';
import type { VappEvent } from '../../src/events.js';
import type { Connection, Pool } from '../../src/libvirt/index.js';
import { releases } from '../../src/releases.js';
import { plan } from '../domain/support.js';
import { minimal, parse } from '../spec/helpers.js';
import { pool } from '../template/support.js';
import { temporary } from './support.js';

/** A guest that does what a test tells it. For `vi.mock('…/build/guest.js')`. */
export function guestDouble() {
  let options: GuestOptions | undefined;
  let stop = (_reason: string): void => undefined;
  const running = () =>
    new Promise<string>((resolve) => {
      stop = resolve;
    });
  let stopped = running();
  const guest = {
    domain: { screenshot: vi.fn(async () => ({ mime: 'image/png', data: Buffer.from('PNG') })) },
    get stopped() {
      return stopped;
    },
    ended: vi.fn(async (signal: AbortSignal) => {
      const aborted = new Promise<'aborted'>((resolve) => {
        if (signal.aborted) resolve('aborted');
        signal.addEventListener('abort', () => resolve('aborted'));
      });
      return await Promise.race([stopped, aborted]);
    }),
    end: vi.fn(async () => undefined),
  };
  return {
    guest,
    get options() {
      return options;
    },
    startGuest: vi.fn(async (given: GuestOptions) => {
      if (options) stopped = running();
      options = given;
      return guest;
    }),
    stop: (reason: string) => stop(reason),
    /** Lets the guest write to one of its consoles. */
    say: (device: string, text: string) =>
      options?.channels.find((channel) => channel.device === device)?.onData(Buffer.from(text)),
  };
}

/** Context and preparation of a build on a connection of libvirt's mock driver. */
export async function stageDouble(connection: Connection) {
  const events: VappEvent[] = [];
  const cancel = new AbortController();
  const scope = new Scope();
  const context = {
    id: 'web-20250102-abcdef',
    directory: temporary(),
    cache: '',
    resolved: parse(minimal()),
    release: releases['debian-13']!,
    connection,
    options: { keep: false as boolean, force: false },
    journal: undefined as never,
    scope,
    emit: (event: VappEvent) => void events.push(event),
    signal: cancel.signal,
    cancelled: cancel.signal,
  } satisfies BuildContext;
  const network = { type: 'network', name: 'default' } as const;
  const qemu = plan('qemu', {
    pool: { name: pool },
    network: { installer: network, final: network },
    timeScale: 1,
  });
  const prepared = {
    plan: qemu,
    pool: (await connection.lookupPool(pool)) as Pool,
    kit: { templates: [] } as never,
    disk: { path: async () => '/default-pool/disk' } as never,
    kernelPath: '/default-pool/kernel',
    installerXml: '<domain/>',
    domainTemplate: await loadTemplate('qemu'),
    finisherInitrd: '/cache/finisher',
    traces: ['10.0.2.2:4711'],
  } satisfies ReadyToInstall;
  return { context, prepared, events, cancel, scope };
}
