import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type ResultPromise } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { atStage, interruptBuild } from './interrupt.js';
import { type RemoteHost, startRemoteHost } from './remote-host.js';
import { testUser } from './vapp.js';

const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const driver = new URL('./drive-build.mjs', import.meta.url).pathname;
const standIn = new URL('../stand-in/build.mjs', import.meta.url).pathname;
/** A finished disk that stands in for the installer; without it the real one runs once, for some ten minutes under emulation. */
const image = process.env.VAPP_E2E_IMAGE;
/** The stand-in runs in its place. */
const short = process.env.VAPP_E2E_FORM === 'short';
const name = 'remote';

const user = testUser();
let host: RemoteHost;
let nothing: Awaited<ReturnType<RemoteHost['state']>>;

beforeAll(async () => {
  await user.makeKey();
  host = await startRemoteHost();
  nothing = await host.state();
});
afterAll(async () => {
  await host?.stop();
});

const vapp = (args: string[], uri = host.uri) =>
  execa(process.execPath, [program, '-c', uri, ...args], { env: user.env, reject: false });

/** Starts a build of the real installer and acts a little after its guest has spoken first; gives the end of the build. */
async function disturb(act: (build: ResultPromise) => unknown, ...more: string[]) {
  const build = execa(
    process.execPath,
    [program, '-c', host.uri, 'build', 'specs/minimal.yaml', '--output', 'json', ...more],
    { env: user.env, reject: false, stdin: 'ignore' },
  );
  let acted = false;
  for await (const line of createInterface({ input: build.stdout })) {
    const event = JSON.parse(line) as VappEvent;
    if (acted || event.type !== 'phase') continue;
    acted = true;
    await sleep(5000);
    await act(build as ResultPromise);
  }
  const end = await build;
  expect(acted, end.stderr).toBe(true);
  return end;
}

/** All that ssh(1) runs here for the host. */
const sshProcesses = async (): Promise<string> =>
  (await execa('pgrep', ['-af', `^ssh .*${host.directory}`], { reject: false })).stdout;

/** The package proxy as the guest of the latest build was told it. */
function latestProxy(): string {
  const preseeds = user
    .builds()
    .map((build) => join(user.home, 'state/vapp/builds', build, 'preseed.cfg'))
    .filter((file) => existsSync(file));
  const [latest] = preseeds.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return /mirror\/http\/proxy string (\S+)/.exec(readFileSync(latest!, 'utf8'))?.[1] ?? '';
}

const secondSshd = (port: number, ...options: string[]) =>
  host.run(
    ...['/usr/sbin/sshd', '-f', '/run/client/sshd_config', '-p', String(port)],
    ...options.flatMap((option) => ['-o', option]),
  );

test('a host that forwards nothing ends the build before anything is made', async () => {
  await secondSshd(2222, 'PidFile=/run/sshd-2222.pid', 'AllowTcpForwarding=no');
  const { exitCode, stderr } = await vapp(['build', 'specs/minimal.yaml'], host.uriWith(2222));
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('VAPP_HOST_FORWARD')]);
  expect(stderr).toContain('remote port forwarding failed');
  expect(stderr).toContain('--proxy-address');
  expect(await host.state()).toEqual(nothing);
  expect(await host.virsh('pool-list', '--all', '--name')).toBe('');
});

test('so does a host without ssh, unless an address is named that guests reach', async () => {
  void host.run('socat', 'TCP-LISTEN:16509,fork,reuseaddr', 'UNIX:/run/libvirt/libvirt-sock').catch(() => '');
  const tcp = `qemu+tcp://${host.there}/system`;
  await expect.poll(async () => (await vapp(['templates'], tcp)).exitCode, { timeout: 20_000 }).toBe(0);
  const { exitCode, stderr } = await vapp(['build', 'specs/minimal.yaml'], tcp);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('VAPP_HOST_REMOTE')]);
  expect(await host.virsh('pool-list', '--all', '--name')).toBe('');
  await host.run('pkill', '-x', 'socat');
});

test('the parameters of a URI count for the forward as they do for libvirt', async () => {
  await secondSshd(2223, 'PidFile=/run/sshd-2223.pid');
  const parameters = `keyfile=${host.directory}/key&no_verify=1&known_hosts=/root/.ssh/some&no_tty=1`;
  // ssh looks for its files in the user's real home: this one is empty, and gone afterwards.
  const { stdout } = await execa(
    'unshare',
    [
      ...[
        '--mount',
        'sh',
        '-c',
        'mkdir -p /root/.ssh && mount -t tmpfs -o mode=700 tmpfs /root/.ssh && exec "$@"',
        'sh',
      ],
      ...[
        process.execPath,
        program,
        'doctor',
        '-c',
        `qemu+ssh://root@${host.there}:2223/system?${parameters}`,
      ],
    ],
    { env: user.env, reject: false },
  );
  expect(stdout).toContain('packages reach the host’s guests through ssh');
  expect(await sshProcesses()).toBe('');
});

test('a build ends with a template on the host, and leaves nothing else on either side', async () => {
  const build = short ? [standIn, '--hypervisor', 'qemu'] : [program, 'build', 'specs/minimal.yaml'];
  const args = image
    ? [driver, 'specs/minimal.yaml', name, image]
    : [...build, '--name', name, '--output', 'plain'];
  const env = { ...user.env, VAPP_E2E_URI: host.uri, LIBVIRT_DEFAULT_URI: host.uri };
  await execa(process.execPath, args, { env, stdout: image ? 'pipe' : 'inherit' });
  expect(await host.virsh('domstate', name)).toBe('shut off');
  const { domains, volumes, listeners } = await host.state();
  expect([domains, volumes.length, listeners]).toEqual([[name], 1, nothing.listeners]);
  expect(await sshProcesses()).toBe('');
});

test('the guest’s way of the packages is a port of its host’s loopback', () => {
  expect(latestProxy()).toMatch(/^http:\/\/10\.0\.2\.2:\d{4,5}$/);
});

test('a template is cloned and deleted from here', async () => {
  if (!image)
    await host.run(
      'cp',
      `/var/lib/libvirt/images/${(await host.state()).volumes[0]}`,
      '/run/client/installed',
    );
  expect((await vapp(['clone', name, 'remote-1', '--start'])).stderr).toBe('');
  expect(await host.virsh('domstate', 'remote-1')).toBe('running');
  expect((await vapp(['delete', '--force', 'remote-1'])).exitCode).toBe(0);
  expect((await vapp(['delete', name])).exitCode).toBe(0);
  expect(await host.state()).toEqual(nothing);
});

test('ssh that is killed in the middle ends the build: reason shown, nothing left', async () => {
  const { exitCode, stderr } = await disturb(() =>
    execa('pkill', ['-KILL', '-f', `^ssh .*${host.directory}.* cat$`]),
  );
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('VAPP_HOST_FORWARD_LOST')]);
  expect(stderr).toContain('ssh was ended by SIGKILL');
  expect(await host.state()).toEqual(nothing);
  expect(await sshProcesses()).toBe('');
  expect((await vapp(['clean'])).stdout).toContain('nothing is left');
});

test('Ctrl-C on a terminal ends libvirt’s ssh as well, and still leaves nothing', async () => {
  const line = [process.execPath, program, '-c', host.uri, 'build', 'specs/minimal.yaml', '--output', 'json'];
  const quoted = line.map((word) => `'${word}'`).join(' ');
  const build = execa('script', ['-qec', quoted, '/dev/null'], {
    env: user.env,
    reject: false,
    stdin: 'pipe',
  });
  for await (const text of createInterface({ input: build.stdout })) {
    if (!text.includes('"type":"phase"')) continue;
    build.stdin.write('\x03');
    break;
  }
  build.stdout.resume();
  expect((await build).exitCode).toBe(130);
  expect(await host.state()).toEqual(nothing);
  expect(await sshProcesses()).toBe('');
  expect((await vapp(['clean'])).stdout).toContain('nothing is left');
});

test('a libvirtd that is killed in the middle: reason shown, and clean removes the rest when it is back', async () => {
  const { exitCode, stderr } = await disturb(() => host.killLibvirt());
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('VAPP_LIBVIRT_CONNECTION_LOST')]);
  expect(await sshProcesses()).toBe('');
  expect((await host.listeners()).filter((listener) => !listener.includes(':5900'))).toEqual(
    nothing.listeners,
  );
  await host.startLibvirt();
  expect((await vapp(['clean'])).stdout).toContain('removed volume');
  expect(await host.state()).toEqual(nothing);
  expect((await vapp(['clean'])).stdout).toContain('nothing is left');
});

test('kill -9 of vapp closes the way on the host, and clean removes the rest', async () => {
  await disturb((build) => build.kill('SIGKILL'));
  // libvirt's autodestroy ends the guest, the end of its input the ssh.
  await expect
    .poll(async () => [(await host.state()).domains, await host.listeners()], { timeout: 60_000 })
    .toEqual([[], nothing.listeners]);
  expect(await sshProcesses()).toBe('');
  await vapp(['clean']);
  expect(await host.state()).toEqual(nothing);
});

test('a cut line ends the build on both sides, and clean removes the rest when it is back', async () => {
  try {
    const { exitCode, stderr } = await disturb(() => execa('ip', ['link', 'set', host.link, 'down']));
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringMatching(/VAPP_(HOST_FORWARD|LIBVIRT_CONNECTION)_LOST/),
    ]);
    expect(await sshProcesses()).toBe('');
    await expect.poll(async () => (await host.state()).domains, { timeout: 120_000 }).toEqual([]);
  } finally {
    await execa('ip', ['link', 'set', host.link, 'up']);
  }
  await expect.poll(async () => (await vapp(['clean'])).exitCode, { timeout: 60_000 }).toBe(0);
  expect((await host.state()).volumes).toEqual([]);
});

test('a line cut in the trial boot: vapp resume goes on from there when it is back', async () => {
  const cut = () => execa('ip', ['link', 'set', host.link, 'down']);
  const { id, exitCode } = await interruptBuild(user, {
    ...{ signal: cut, when: atStage('verify'), after: 5000, name, on: host.uri },
    image: image ?? join(host.directory, 'installed'),
  });
  await execa('ip', ['link', 'set', host.link, 'up']);
  expect(exitCode).toBe(1);
  expect((await vapp(['clean'])).stdout).toContain(`→ vapp resume ${id}`);
  const resumed = await vapp(['resume', id, '--output', 'json']);
  expect([resumed.exitCode, resumed.stderr]).toEqual([0, '']);
  expect(resumed.stdout).not.toContain('"stage":"install"');
  expect(await host.virsh('domstate', name)).toBe('shut off');
  expect((await vapp(['delete', name])).exitCode).toBe(0);
  // The host's sshd keeps its end of the cut line's forward until TCP gives up.
  const { domains, volumes } = await host.state();
  expect([domains, volumes]).toEqual([[], []]);
});

test('an address that the user names: the proxy listens there, and the host reaches it', async () => {
  let reached = '';
  await disturb(
    async (build) => {
      const proxy = latestProxy();
      reached = `${proxy} ${await host.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `${proxy}/`)}`;
      build.kill('SIGINT');
    },
    '--proxy-address',
    host.here,
  );
  expect(reached).toMatch(new RegExp(`^http://${host.here}:\\d+ 4\\d\\d$`));
  expect((await host.state()).domains).toEqual([]);
});
