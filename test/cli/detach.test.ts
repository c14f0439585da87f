import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { enterQueue } from '../../src/build/queue/queue.js';
import { readBuild } from '../../src/build/records/records.js';
import { type BuildJob, startWorker } from '../../src/cli/detach.js';
import { VappError } from '../../src/errors.js';
import { expectRefusal, Home } from './vapp.js';

const mock = 'test:///default';
let home: Home;
beforeEach(() => {
  home = new Home();
  home.writeWeb();
});
afterEach(() => home.remove());

const detach = (...more: string[]) => home.vapp('build', '--detach', 'web.yaml', ...more);
const record = (id: string) => readBuild(id, home.builds);

/** libvirt's mock driver offers no engine: such a build begins, and fails in its first stage. */
describe('a detached build', () => {
  test('prints its id alone when it is in the journal, and goes on to its end', async () => {
    const { status, stdout: id = '', stderr } = await detach('-c', mock);
    expect([status, stderr]).toEqual([0, undefined]);
    expect(id).toMatch(/^web-\d{8}-[0-9a-f]{6}$/);
    expect(record(id).entries[0]).toMatchObject({ op: 'begin', build: id, uri: mock });
    expect(await home.vapp('wait', id)).toEqual({
      status: 3,
      stdout: `${id} failed: ${mock} offers nothing that vapp can build on (VAPP_PLAN_ENGINE)`,
    });
    expect(record(id)).toMatchObject({ state: 'failed', stage: 'prepare', code: 'VAPP_PLAN_ENGINE' });
  });

  test('as JSON', async () => {
    const { stdout } = await detach('-c', mock, '--output', 'json');
    const said = JSON.parse(stdout ?? '');
    expect(said).toEqual({
      v: 1,
      type: 'detached',
      id: expect.stringMatching(/^web-/),
      directory: join(home.builds, said.id),
      pid: expect.any(Number),
    });
    expect(record(said.id).entries[0]).toMatchObject({ op: 'begin', pid: said.pid });
  });

  test('is shown by attach as it would have been in the foreground, with the same end', async () => {
    const foreground = await home.vapp('build', 'web.yaml', '-c', mock);
    const { stdout: id = '' } = await detach('-c', mock);
    const attached = await home.vapp('attach', id);
    const [other = ''] = readdirSync(home.builds).filter((one) => one !== id);
    const same = (text = '') => text.replaceAll(other, id).replaceAll(/\d s[\])]/g, 's');
    expect(attached.status).toBe(3);
    expect(same(attached.stdout)).toBe(same(foreground.stdout));
    expect(attached.stderr).toBe(same(foreground.stderr));
  });

  test('attach as JSON gives the lines of build', async () => {
    const { stdout: id = '' } = await detach('-c', mock);
    const { stdout } = await home.vapp('attach', id, '--output', 'json');
    expectRefusal(stdout);
  });

  test('keeps what it was given from everybody else', async () => {
    home.write('web.yaml', 'appliance: web\nos: debian-13\nroot: { password: { env: ROOT_PASSWORD } }\n');
    const env = { ROOT_PASSWORD: 'correct horse battery' };
    const { stdout = '' } = await home.start(['build', '-d', 'web.yaml', '-c', mock], { env });
    const id = String(stdout);
    await home.vapp('wait', id);
    const directory = join(home.builds, id);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) {
      expect(readFileSync(join(directory, name), 'utf8')).not.toContain(env.ROOT_PASSWORD);
      expect([name, statSync(join(directory, name)).mode & 0o077]).toEqual([name, 0]);
    }
  });
});

describe('a build that does not begin', () => {
  test('says why as in the foreground, and leaves no directory', async () => {
    const nowhere = 'qemu+unix:///system?socket=/nonexistent';
    const foreground = await home.vapp('build', 'web.yaml', '-c', nowhere);
    expect(foreground).toMatchObject({ status: 3, stderr: expect.stringContaining('LIBVIRT_UNREACHABLE') });
    expect(await detach('-c', nowhere)).toEqual(foreground);
    expect(readdirSync(home.builds)).toEqual([]);
  });

  test('keeps none of those from it that were ordered with it', async () => {
    home.write('db.yaml', readFileSync(join(home.path, 'web.yaml'), 'utf8').replace('web', 'db'));
    vi.stubEnv('XDG_STATE_HOME', home.env.XDG_STATE_HOME);
    using _ = await enterQueue(mock, { id: 'other', template: 'web' });
    const { status, stdout, stderr } = await detach('db.yaml', '-c', mock);
    expect([status, stdout]).toEqual([expect.any(Number), expect.stringMatching(/^db-\d{8}-[0-9a-f]{6}$/)]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/web.*VAPP_/);
    await home.vapp('wait', stdout ?? '');
  });

  test('a wrong spec is found before anything is started', async () => {
    home.write('web.yaml', 'appliance: web\n');
    expect(await detach('-c', mock)).toMatchObject({ status: 2 });
    expect(readdirSync(home.builds)).toEqual([]);
  });
});

describe('the process that builds', () => {
  const job = { id: 'web-1', spec: {} as BuildJob['spec'], options: { keep: false, force: false } };
  const start = (text: string, signal = new AbortController().signal) => {
    home.write('worker.mjs', text);
    vi.stubEnv('XDG_STATE_HOME', home.env.XDG_STATE_HOME);
    return startWorker(job, signal, join(home.path, 'worker.mjs'));
  };
  afterEach(() => vi.unstubAllEnvs());

  test('ends without a word: what Node wrote is shown, and nothing stays', async () => {
    await expect(start("process.stderr.write('out of memory'); process.exit(7)")).rejects.toMatchObject({
      code: 'VAPP_BUILD_WORKER',
      why: 'exit status 7',
      excerpt: 'out of memory',
    });
    await expect(start("process.kill(process.pid, 'SIGKILL')")).rejects.toMatchObject({
      why: 'ended by SIGKILL',
    });
    expect(readdirSync(home.builds)).toEqual([]);
  });

  test('is ended, and waited for, when the user gives up before it has begun', async () => {
    const stop = new AbortController();
    const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
    const began = start(
      `import { writeFileSync } from 'node:fs';
       process.on('SIGTERM', () => setTimeout(() => {
         writeFileSync(${JSON.stringify(join(home.path, 'cleaned'))}, '');
         process.exit();
       }, 200));
       process.on('message', () => writeFileSync(${JSON.stringify(join(home.path, 'ready'))}, ''));`,
      stop.signal,
    );
    began.catch(() => undefined);
    await vi.waitFor(() => expect(readdirSync(home.path)).toContain('ready'), { timeout: 10_000 });
    stop.abort(reason);
    await expect(began).rejects.toBe(reason);
    expect(readdirSync(home.path)).toContain('cleaned');
  });

  test('has nothing of its job on its command line', async () => {
    const secret = '$6$salt$hash';
    const file = join(home.path, 'seen.json');
    const spec = { text: secret } as BuildJob['spec'];
    vi.stubEnv('XDG_STATE_HOME', home.env.XDG_STATE_HOME);
    home.write(
      'worker.mjs',
      `import { readFileSync, writeFileSync } from 'node:fs';
       process.once('message', (job) => {
         writeFileSync(${JSON.stringify(file)}, JSON.stringify({
           text: job.spec.text,
           line: readFileSync('/proc/self/cmdline', 'utf8'),
           stat: readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').slice(2, 5),
           pid: process.pid,
         }));
         process.send({ type: 'begun' }, () => process.disconnect());
       });`,
    );
    const { pid } = await startWorker(
      { ...job, spec },
      new AbortController().signal,
      join(home.path, 'worker.mjs'),
    );
    const seen = JSON.parse(readFileSync(file, 'utf8'));
    expect(seen.text).toBe(secret);
    expect(seen.line).not.toContain(secret);
    // Its own process group and session, and no terminal (proc(5) stat, fields 5 to 7).
    expect([seen.pid, seen.stat]).toEqual([pid, [String(pid), String(pid), '0']]);
  });
});
