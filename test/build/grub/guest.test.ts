import { beforeEach, expect, test, vi } from 'vitest';
import type { BuildContext } from '../../../src/build/context.js';
import { runGrubGuest } from '../../../src/build/grub/guest.js';
import type { GrubMedia } from '../../../src/build/grub/media.js';
import type { GrubTarget } from '../../../src/build/grub/target.js';
import type { Guest } from '../../../src/build/guest/guest.js';
import { type FinisherGuest, runFinisherGuest } from '../../../src/build/stages/finisher-guest.js';
import { deferred } from '../../../src/deferred.js';
import { VappError } from '../../../src/errors.js';
import { temporary } from '../support.js';

vi.mock('../../../src/domain/index.js', async (original) => ({
  ...(await original<object>()),
  grubDomainXml: () => '<domain/>',
  loadTemplate: () => '<domain/>',
}));
vi.mock('../../../src/build/stages/finisher-guest.js', async (original) => ({
  ...(await original<object>()),
  runFinisherGuest: vi.fn(),
}));

const target = { name: 'disk.img', path: '/srv/disk.img', format: 'raw' } as GrubTarget;
const media = { plan: { engine: 'kvm', timeScale: 1 }, store: { path: async () => '/store' } } as GrubMedia;
const vanished = new VappError('VAPP_INSTALLER_VANISHED', 'the guest ended');

let cancel: AbortController;
let lines: string[];
const guest = { send: (_: string, line: string) => void lines.push(line) } as unknown as Guest;
beforeEach(() => {
  vi.useRealTimers();
  cancel = new AbortController();
  lines = [];
});

const run = (save?: () => Promise<void>) => {
  const context = {
    id: 'x',
    directory: temporary(),
    options: {},
    signal: cancel.signal,
  } as unknown as BuildContext;
  return runGrubGuest(context, target, media, { ready: 'save', backup: '/b', ...(save && { save }) });
};
/** The guest reports that it is ready, and then does what `then` does. */
const playing = (then: (o: FinisherGuest) => Promise<never>) =>
  vi.mocked(runFinisherGuest).mockImplementationOnce(async (_context, _plan, o) => {
    o.onStep?.({ type: 'step', step: 'save', state: 'done' }, guest);
    return await then(o);
  });
/** Rejects with the reason of the signal. */
const untilGivenUp = ({ signal }: FinisherGuest) =>
  new Promise<never>((_, reject) => {
    if (signal!.aborted) reject(signal!.reason);
    signal!.addEventListener('abort', () => reject(signal!.reason));
  });

test('a guest that ends while the disk is saved is not told to write, and the disk is as it was', async () => {
  const saved = deferred<void>();
  playing(() => {
    setTimeout(() => saved.resolve(), 20);
    return Promise.reject(vanished);
  });
  await expect(run(() => saved.promise)).rejects.toMatchObject({
    code: 'VAPP_INSTALLER_VANISHED',
    why: expect.stringContaining('nothing was written to disk.img'),
  });
  expect(lines).toEqual(['stop\n']);
});

test('one that ends while it writes has perhaps written a part', async () => {
  playing(async () => {
    await vi.waitFor(() => expect(lines).toEqual(['go\n']));
    throw vanished;
  });
  await expect(run()).rejects.toMatchObject({
    code: 'VAPP_BOOTLOADER_HALF',
    hint: 'vapp grub --restore /b TARGET',
    cause: vanished,
  });
});

test('what is saved takes as long as it takes; the guest has its time before that, and after it', async () => {
  vi.useFakeTimers();
  playing(untilGivenUp);
  const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 400_000));
  const ended = run(slow).catch((error) => error);
  await vi.advanceTimersByTimeAsync(400_000);
  await vi.advanceTimersByTimeAsync(179_000);
  expect(lines).toEqual(['go\n']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await ended).toMatchObject({
    code: 'VAPP_BOOTLOADER_HALF',
    why: expect.stringContaining('was not done after 180 s'),
  });
});

test('Ctrl-C ends the guest before it writes, and not afterwards', async () => {
  const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
  playing(untilGivenUp);
  await expect(run(async () => cancel.abort(reason))).rejects.toBe(reason);
  expect(lines).toEqual(['stop\n']);
  lines = [];
  cancel = new AbortController();
  playing(async ({ signal }) => {
    await vi.waitFor(() => expect(lines).toEqual(['go\n']));
    cancel.abort(reason);
    expect(signal?.aborted).toBe(false);
    throw vanished;
  });
  await expect(run()).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_HALF' });
});
