import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metadataNamespace, readMetadata, type VappMetadata } from '../../src/domain/index.js';
import { atPhase, atStage, atStep, atUpload, interruptBuild } from './interrupt.js';
import { freePort } from './port.js';
import { hostState, testUser, virsh } from './vapp.js';

const user = testUser();
// With `-t NAME` one test can be tried on a template, or a copy of a finished disk, that is there already.
const template = process.env.VAPP_E2E_TEMPLATE ?? `vapp-e2e-${process.pid}`;
const clone = `vapp-e2e-${process.pid}-clone`;
let before: Awaited<ReturnType<typeof hostState>>;
/** A copy of the finished disk. */
const image = process.env.VAPP_E2E_IMAGE ?? join(user.home, 'finished.qcow2');

beforeAll(async () => {
  await user.makeKey();
  before = await hostState();
});

afterAll(async () => {
  await user.vapp(['delete', '--force', clone], { reject: false });
  if (!process.env.VAPP_E2E_TEMPLATE) await user.vapp(['delete', '--force', template], { reject: false });
  await user.vapp(['clean', '--resumable'], { reject: false });
});

describe('vapp build specs/minimal.yaml', () => {
  test('ends with a defined template', async () => {
    const { stdout } = await user.vapp(
      ['build', 'specs/minimal.yaml', '--name', template, '--output', 'plain'],
      {
        stdout: ['pipe', 'inherit'],
      },
    );
    expect(stdout).toContain(template);
  });

  test('virsh sees the template, shut off, with our metadata', async () => {
    expect(await virsh('domstate', template)).toBe('shut off');
    const metadata = await templateMetadata();
    expect(metadata).toMatchObject({
      kind: 'template',
      appliance: 'minimal',
      os: 'debian-13',
      pool: 'default',
    });
    expect(metadata?.build).toBe(user.builds()[0]);
    expect(await virsh('desc', '--title', template)).toContain('Debian 13');
    expect(await virsh('dumpxml', template)).toMatch(/<transient\/>/);
  });

  test('doctor says what the build found out about KVM', async () => {
    const [build = ''] = user.builds();
    const { engine } = JSON.parse(user.buildFile(build, 'plan.json')) as { engine: string };
    const log = user.buildFile(build, 'build.log').trim().split('\n');
    const events = log.map((line) => JSON.parse(line) as { text?: string; timestamp: string });
    const at = (start: string) =>
      Date.parse(events.find(({ text }) => text?.startsWith(start))?.timestamp ?? '');
    const stdout = String((await user.vapp(['doctor'], { reject: false })).stdout);
    expect(stdout).toMatch(engine === 'kvm' ? /KVM works/ : /KVM does not work here|KVM is not offered/);
    if (!stdout.includes('KVM does not work here')) return;
    expect(JSON.parse(user.buildFile(build, 'plan.json')).engineReason).toContain('but it does not work: ');
    // Starting and ending the guest come on top of that, on a machine that other tests have, too.
    expect(at('engine ') - at('trying whether KVM works')).toBeLessThan(40_000);
  });

  test('nothing else is left on the host', async () => {
    const after = await hostState();
    const { volume } = await templateMetadata();
    expect(after.domains).toEqual([...before.domains, template].sort());
    expect(after.volumes).toEqual([...before.volumes, volume].sort());
  });

  test('a mistaken virsh start does not change the template’s disk', async () => {
    const path = await virsh('vol-path', '--pool', 'default', (await templateMetadata()).volume!);
    const sum = async () => (await execa('sha256sum', [path])).stdout;
    const sumBefore = await sum();
    await virsh('start', template);
    await expect.poll(bytesWritten, { timeout: 600_000, interval: 1000 }).toBeGreaterThan(0);
    await virsh('destroy', template);
    expect(await sum()).toBe(sumBefore);
  });

  test('a second build of the same name is refused', async () => {
    const again = await user.vapp(['build', 'specs/minimal.yaml', '--name', template], { reject: false });
    expect(again.exitCode).toBe(8);
    expect(again.stderr).toContain('VAPP_NAME_TAKEN');
  });

  test('a clone boots, accepts the key, is well, and updates from the real mirror', async () => {
    await user.vapp(['clone', template, clone, '--start']);
    const port = await freePort();
    const forward = `hostfwd_add hostnet0 tcp:127.0.0.1:${port}-:22`;
    expect(await virsh('qemu-monitor-command', clone, '--hmp', forward)).toBe('');
    const ssh = (command: string) =>
      execa('ssh', ['-p', String(port), '-i', user.key, ...sshOptions, 'root@127.0.0.1', command], {
        reject: false,
      });
    await expect
      .poll(async () => (await ssh('true')).exitCode, { timeout: 1_200_000, interval: 5000 })
      .toBe(0);
    expect((await ssh('systemctl is-system-running --wait')).stdout).toBe('running');
    const sources = (await ssh('cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null')).stdout;
    expect(sources).toMatch(/trixie main/);
    expect(sources).not.toContain('10.0.2.2');
    expect((await ssh('hostname --fqdn')).stdout).toBe('minimal.localdomain');
    expect((await ssh('ls /etc/modprobe.d/local.conf')).exitCode).not.toBe(0);
    const update = await ssh('apt-get -o Acquire::Retries=3 update');
    expect([update.exitCode, update.stderr]).toEqual([0, '']);
    expect((await ssh('dpkg --audit; systemctl --failed --plain --no-legend')).stdout).toBe('');
    expect((await ssh('grep -r "10\\.0\\.2\\.2:" /etc; ls /etc/apt/trusted.gpg.d')).stdout).not.toContain(
      'vapp',
    );
  });

  test('its disk can be downloaded', async () => {
    await virsh('vol-download', '--pool', 'default', (await templateMetadata()).volume!, image);
    expect((await stat(image)).size).toBeGreaterThan(1e8);
  });

  const moments = [
    { stage: 'prepare', when: atUpload, after: 0 },
    { stage: 'install', when: atPhase('detecting hardware'), after: 0 },
    { stage: 'bootloader', when: atStep('initramfs'), after: 0 },
    // No boot is quicker than that.
    { stage: 'verify', when: atStage('verify'), after: 3000 },
  ];
  const interrupt = (signal: 'SIGKILL' | 'SIGINT', { stage, when, after }: (typeof moments)[number]) =>
    interruptBuild(user, {
      signal,
      when,
      after,
      name: `${clone}-${stage}`,
      ...(stage === 'bootloader' || stage === 'verify' ? { image } : {}),
    });

  /** Before the installation is finished nothing is worth keeping; after that the disk is, for `vapp resume`. */
  const early = moments.filter(({ stage }) => stage === 'prepare' || stage === 'install');
  const late = moments.filter((moment) => !early.includes(moment));

  test.each(early)('Ctrl-C in $stage leaves nothing', async (moment) => {
    const unharmed = await hostState();
    expect(await interrupt('SIGINT', moment)).toMatchObject({ exitCode: 130 });
    expect(await hostState()).toEqual(unharmed);
    expect((await user.vapp(['clean'])).stdout).toContain('nothing is left');
  });

  test.each(early)('kill -9 in $stage leaves only what vapp clean removes', async (moment) => {
    const unharmed = await hostState();
    expect(await interrupt('SIGKILL', moment)).toMatchObject({ signal: 'SIGKILL' });
    // libvirt's autodestroy ends the guest together with the connection.
    await expect.poll(async () => (await hostState()).domains, { timeout: 60_000 }).toEqual(unharmed.domains);
    await user.vapp(['clean']);
    expect(await hostState()).toEqual(unharmed);
    expect((await user.vapp(['clean'])).stdout).toContain('nothing is left');
  });

  test.each(late)(
    'Ctrl-C in $stage leaves the installed disk alone, until it is cleaned by name',
    async (moment) => {
      const unharmed = await hostState();
      const { id, exitCode } = await interrupt('SIGINT', moment);
      expect(exitCode).toBe(130);
      const one = { ...unharmed, volumes: [...unharmed.volumes, `vapp-${id}.qcow2`].sort() };
      expect(await hostState()).toEqual(one);
      expect((await user.vapp(['clean'])).stdout).toContain(`→ vapp resume ${id}`);
      expect(await hostState()).toEqual(one);
      await user.vapp(['clean', id]);
      expect(await hostState()).toEqual(unharmed);
    },
  );

  test.each(late)('a build killed in $stage is resumed to a template', async (moment) => {
    const unharmed = await hostState();
    const { id, signal } = await interrupt('SIGKILL', moment);
    expect(signal).toBe('SIGKILL');
    await expect.poll(async () => (await hostState()).domains, { timeout: 60_000 }).toEqual(unharmed.domains);
    const { stdout } = await user.vapp(['resume', id, '--output', 'json']);
    const begun = String(stdout)
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type, state }) => type === 'stage' && state === 'start')
      .map(({ stage }) => stage);
    const stages = ['bootloader', 'verify', 'publish'];
    expect(begun).toEqual(['prepare', ...stages.slice(stages.indexOf(moment.stage))]);
    await user.vapp(['delete', `${clone}-${moment.stage}`]);
    expect(await hostState()).toEqual(unharmed);
  });

  test('kill -9 in publish leaves a whole template, or the disk of which vapp resume makes one', async () => {
    const unharmed = await hostState();
    const name = `${clone}-publish`;
    const when = { signal: 'SIGKILL', when: atStage('publish'), after: 0 } as const;
    const { id } = await interruptBuild(user, { ...when, name, image });
    await user.vapp(['clean']);
    const { domains } = await hostState();
    if (!domains.includes(name)) await user.vapp(['resume', id]);
    expect(await virsh('domstate', name)).toBe('shut off');
    await user.vapp(['delete', name]);
    expect(await hostState()).toEqual(unharmed);
  });

  test('a template with a clone is not deleted; without one it is, with its disk', async () => {
    const refused = await user.vapp(['delete', template], { reject: false });
    expect(refused.stderr).toContain('VAPP_TEMPLATE_IN_USE');
    await user.vapp(['delete', '--force', clone]);
    await user.vapp(['delete', template]);
    expect(await hostState()).toEqual(before);
  });
});

/** Bytes that the running template has written to its disk. */
const bytesWritten = async (): Promise<number> =>
  Number(/block\.0\.wr\.bytes=(\d+)/.exec(await virsh('domstats', '--block', template))?.[1] ?? 0);

/** What virsh says of the template's metadata. */
async function templateMetadata(): Promise<VappMetadata> {
  const metadata = readMetadata(await virsh('metadata', template, metadataNamespace));
  if (!metadata) throw new Error(`${template} has no metadata of vapp`);
  return metadata;
}

const sshOptions = [
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
  // A slow machine under load may take its time.
  ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=60'],
];
