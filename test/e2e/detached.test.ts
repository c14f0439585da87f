import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostState, testUser, uri, virsh } from './vapp.js';

// A finished disk stands in for the installer when there is one at hand; the stages behind it are the real ones.
const image = process.env.VAPP_E2E_IMAGE;
const user = testUser();
const name = `vapp-e2e-${process.pid}-detached`;
let before: Awaited<ReturnType<typeof hostState>>;
beforeAll(async () => {
  await user.makeKey();
  before = await hostState();
});
afterAll(async () => {
  await user.vapp(['clean', '--resumable'], { reject: false });
});

/** Starts a build in a terminal of its own, which is closed again at once, and gives its id. */
async function detach(): Promise<string> {
  const driver = new URL('./detached-build.mjs', import.meta.url).pathname;
  const command = image
    ? [process.execPath, driver, 'specs/minimal.yaml', name, image]
    : [process.execPath, 'dist/cli/main.js', '-c', uri, 'build', '-d', 'specs/minimal.yaml', '--name', name];
  // script(1) gives it a terminal; when the command ends, the terminal hangs up.
  const { stdout } = await execa('script', ['-qec', command.map(quoted).join(' '), '/dev/null'], {
    env: { ...user.env, TERM: 'dumb' },
    stdin: 'ignore',
  });
  return stdout.split(/\s/)[0] ?? '';
}
const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

interface Shown {
  state: string;
  stage?: string;
  pid?: number;
}
const show = async (id: string) =>
  JSON.parse(String((await user.vapp(['show', id, '--output', 'json'])).stdout)) as Shown;
const inGuest = async (id: string, stage: string) => {
  const wait = { timeout: 900_000, interval: 500 };
  await expect.poll(async () => (await show(id)).stage, wait).toBe(stage);
  // Not while libvirt still starts it, nor while its consoles are opened: what is destroyed then could not be started.
  await expect.poll(async () => (await guestsOf(id, '--state-running')).length, wait).toBe(1);
  await expect.poll(() => hasSpoken(id), wait).toBe(true);
};
/** The guest of the stage has written to one of its channels, so that it runs, and vapp reads. */
const hasSpoken = (id: string): boolean =>
  (image ? ['finisher.log', 'finisher-console.log'] : ['console.log', 'syslog.log']).some((name) => {
    const found = statSync(join(user.home, 'state/vapp/builds', id, name), { throwIfNoEntry: false });
    return (found?.size ?? 0) > 0;
  });
const guestsOf = async (id: string, ...only: string[]) =>
  (await virsh('list', '--name', ...only)).split('\n').filter((one) => one.includes(id));
const stage = image ? 'bootloader' : 'install';

test('a build outlives its terminal; attach and Ctrl-C leave it running; cancel ends it and leaves nothing', async () => {
  const id = await detach();
  const { pid } = await show(id);
  // tty_nr is 0 without a controlling terminal, and the session is its own (proc(5) stat, fields 6 and 7).
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect([stat[3], stat[4]]).toEqual([String(pid), '0']);
  process.kill(pid!, 'SIGHUP');
  await inGuest(id, stage);

  const attached = user.vapp(['attach', id, '--output', 'plain'], { reject: false });
  let told = false;
  attached.stdout?.on('data', (chunk) => {
    // Once: a second one means that vapp is to end at once.
    if (!told && String(chunk).includes(`] ${stage}`)) told = attached.kill('SIGINT');
  });
  const { exitCode, stdout } = await attached;
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('detached; the build goes on')]);
  expect(await show(id)).toMatchObject({ state: 'running', pid });

  const cancelled = await user.vapp(['cancel', id]);
  const left = image
    ? `it left volume default/vapp-${id}.qcow2\n→ vapp resume ${id}\n→ vapp clean ${id}`
    : 'nothing is left of it';
  expect(cancelled.stdout).toBe(`cancelled ${id} in ${stage}; ${left}`);
  expect((await user.vapp(['wait', id], { reject: false })).exitCode).toBe(143);
  await user.vapp(['clean', id]);
  expect(await hostState()).toEqual(before);
  expect((await user.vapp(['clean'])).stdout).toContain('nothing is left');
});

test('a detached process that is killed leaves no guest; the build is dead, and vapp clean removes the rest', async () => {
  const id = await detach();
  const { pid } = await show(id);
  await inGuest(id, stage);
  process.kill(pid!, 'SIGKILL');
  await expect.poll(() => guestsOf(id), { timeout: 60_000 }).toEqual([]);
  expect(await show(id)).toMatchObject({ state: 'dead' });
  expect(await user.vapp(['cancel', id], { reject: false })).toMatchObject({
    exitCode: 9,
    stderr: expect.stringContaining(image ? `→ vapp resume ${id}` : `→ vapp clean --connect ${uri}`),
  });
  await user.vapp(['clean', id]);
  expect(await hostState()).toEqual(before);
});

test('a guest that virsh destroys, and a volume that virsh deletes, are why the build failed', async () => {
  const destroyed = await detach();
  await inGuest(destroyed, stage);
  await virsh('destroy', (await guestsOf(destroyed))[0]!);
  expect(await user.vapp(['wait', destroyed], { reject: false })).toMatchObject({
    exitCode: 10,
    stdout: expect.stringContaining('was ended from outside (VAPP_BUILD_GUEST)'),
  });
  await user.vapp(['clean', destroyed]);
  expect(await hostState()).toEqual(before);

  const robbed = await detach();
  await inGuest(robbed, stage);
  await virsh('vol-delete', '--pool', 'default', `vapp-${robbed}.qcow2`);
  expect(await user.vapp(['wait', robbed], { reject: false })).toMatchObject({
    exitCode: 10,
    stdout: expect.stringContaining(`vapp-${robbed}.qcow2 is gone (VAPP_BUILD_VOLUME)`),
  });
  expect(await hostState()).toEqual(before);
  expect(existsSync(join(user.home, 'state/vapp/builds', robbed, 'build.log'))).toBe(true);
});
