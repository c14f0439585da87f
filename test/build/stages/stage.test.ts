import { expect, test } from 'vitest';
import type { BuildContext } from '../../../src/build/context.js';
import { stage } from '../../../src/build/stages/stage.js';
import { VappError } from '../../../src/errors.js';
import type { VappEvent } from '../../../src/events.js';

const cancelled = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'the connection to libvirt was lost');

/** A stage that fails with `failure` after the build was cancelled, or its connection lost, by `reason`. */
async function failing(failure: unknown, reason?: { cancelled?: unknown; lost?: unknown }) {
  const [stop, ground] = [new AbortController(), new AbortController()];
  const events: VappEvent[] = [];
  const context = {
    journal: { write: () => undefined },
    emit: (event: VappEvent) => void events.push(event),
    cancelled: stop.signal,
    signal: AbortSignal.any([stop.signal, ground.signal]),
  } as unknown as BuildContext;
  const error = await stage(context, 'bootloader', async () => {
    if (reason?.cancelled) stop.abort(reason.cancelled);
    if (reason?.lost) ground.abort(reason.lost);
    throw failure;
  }).catch((thrown) => thrown);
  return { error, ended: events.map((event) => 'state' in event && event.state) };
}

test('of a cancelled build the cancellation is why, whatever broke by it', async () => {
  const { error, ended } = await failing(new Error('broken pipe'), { cancelled, lost });
  expect([error, ended]).toEqual([cancelled, ['start', 'failed']]);
});

test('of one whose ground was taken away, that', async () => {
  expect((await failing(new Error('broken pipe'), { lost })).error).toBe(lost);
});

test('a disk that was perhaps written in part is told in any case, with its backup', async () => {
  const half = new VappError('VAPP_BOOTLOADER_HALF', 'disk.img was perhaps written in part', {
    hint: 'vapp grub --restore FILE TARGET',
  });
  expect((await failing(half, { cancelled })).error).toBe(half);
  expect((await failing(half, { lost })).error).toBe(half);
});
