import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { VappEvent } from '../../src/events.js';
import { type TestUser, uri } from './vapp.js';

const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const driver = new URL('./drive-build.mjs', import.meta.url).pathname;

export interface Disturbance {
  /** A signal for vapp, or whatever else is done meanwhile. */
  signal: 'SIGKILL' | 'SIGINT' | (() => Promise<unknown>);
  /** The event at which that is done, and milliseconds after it. */
  when: (event: VappEvent) => boolean;
  after: number;
  /** libvirt's URI, else that of the tests. */
  on?: string;
}

export interface Interruption extends Disturbance {
  name: string;
  /** A finished disk that stands in for the installer; without it the real one runs. */
  image?: string;
}

/** How an interrupted run ended, and the id of its build. */
export interface Interrupted {
  id: string;
  exitCode?: number;
  signal?: string;
}

/** Starts a build, disturbs it at a given event, and waits for the end. Rejects when the event never comes. */
export const interruptBuild = (user: TestUser, { name, image, ...o }: Interruption): Promise<Interrupted> =>
  interrupt(
    user,
    image
      ? [driver, 'specs/minimal.yaml', name, image]
      : [program, 'build', 'specs/minimal.yaml', '--name', name, '--output', 'json'],
    o,
  );

/** The same of any command of vapp that prints its events. */
export const interruptVapp = (
  user: TestUser,
  args: readonly string[],
  o: Disturbance,
): Promise<Interrupted> => interrupt(user, [program, '--connect', uri, ...args, '--output', 'json'], o);

/** The same of any program of Node's that prints vapp's events. */
export async function interrupt(
  user: TestUser,
  args: readonly string[],
  o: Disturbance,
): Promise<Interrupted> {
  const env = { ...user.env, ...(o.on && { VAPP_E2E_URI: o.on, LIBVIRT_DEFAULT_URI: o.on }) };
  const child = execa(process.execPath, args, { env, reject: false, buffer: false });
  let id = '';
  let done = false;
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as VappEvent;
    if (event.type === 'build') id = event.id;
    if (done || !o.when(event)) continue;
    done = true;
    await sleep(o.after);
    if (typeof o.signal === 'string') child.kill(o.signal);
    else await o.signal();
  }
  const { exitCode, signal } = await child;
  if (!done) throw new Error(`vapp ended (${exitCode}) before the moment to interrupt it came: ${errors}`);
  return { id, ...(exitCode !== undefined && { exitCode }), ...(signal && { signal }) };
}

export const atStage =
  (stage: string) =>
  (event: VappEvent): boolean =>
    event.type === 'stage' && event.stage === stage && event.state === 'start';

export const atPhase =
  (phase: string) =>
  (event: VappEvent): boolean =>
    event.type === 'phase' && event.phase === phase;

export const atStep =
  (step: string, state = 'start') =>
  (event: VappEvent): boolean =>
    event.type === 'step' && event.step === step && event.state === state;

/** Some of the installer's initrd is on the host. */
export const atUpload = (event: VappEvent): boolean =>
  event.type === 'progress' && /^upload vapp-build-.*-initrd$/.test(event.task) && event.done > 0;
