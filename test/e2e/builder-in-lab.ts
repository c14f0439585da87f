import { readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/libvirt/index.js';
import { cacheDirectory } from '../../src/paths.js';
import { makePool, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { atStage, interrupt } from './interrupt.js';
import { TestUser } from './vapp.js';
import { VappLab } from './vapp-lab.js';

const standIn = new URL('../stand-in/build.mjs', import.meta.url).pathname;
const session = 'qemu:///session';
const user = 'builder';

/**
 * The short form of the builder in a VM: an ordinary user of the lab, which is a guest with nested virtualisation, and the stand-in in
 * the installer's place. The cache of this machine travels there, as a day's work of an emulated processor is in it.
 */
export function describeBuilderInLab(): void {
  const lab = new VappLab();
  beforeAll(async () => {
    const cache = await filledCache();
    await lab.start({ memory: 4096, packages: 'xz-utils', more: ['test/stand-in', 'specs'] });
    await lab.addUser(user, 'kvm');
    await lab.putTree(cache, await usedParts(cache), `/home/${user}/.cache/vapp`);
    await lab.run(`chown -R ${user}: /home/${user}/.cache`);
    await lab.as(user, 'ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519');
  }, 1_800_000);
  afterAll(() => lab.stop());

  test('an ordinary user, who may use /dev/kvm but neither sudo nor the system’s libvirt', async () => {
    const { stdout } = await lab.as(
      user,
      'id; test -w /dev/kvm && echo kvm; command -v sudo; virsh -c qemu:///system list >&2 || echo refused',
    );
    const [who, ...rest] = String(stdout).split('\n');
    expect(who).toMatch(/\(builder\) .*\(kvm\)/);
    expect(who).not.toMatch(/libvirt|sudo/);
    expect(rest).toEqual(['kvm', 'refused']);
  });

  test('vapp doctor has no red line, and offers KVM', async () => {
    const { stdout, exitCode } = await lab.as(user, `vapp doctor --connect ${session}`);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('engines: kvm, qemu')]);
    expect(stdout).not.toContain('✖');
  });

  test('a build under KVM ends with the template, and nothing else is left', async () => {
    const build = `node /opt/vapp/test/stand-in/build.mjs --connect ${session} --name small --output plain`;
    const { stdout, stderr, exitCode } = await lab.as(user, build, { stdout: ['pipe', 'inherit'] });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('engine kvm: ');
    const domains = await lab.as(user, `virsh -c ${session} list --all --name`);
    expect(String(domains.stdout).trim()).toBe('small');
    const volumes = await lab.as(user, `virsh -q -c ${session} vol-list default`);
    expect(String(volumes.stdout).trim().split('\n')).toEqual([
      expect.stringMatching(/^vapp-stand-in-\S+\.qcow2 /),
    ]);
  });

  test('without /dev/kvm vapp doctor says that QEMU emulates, and is content', async () => {
    await lab.run(`chmod 600 /dev/kvm && pkill -u ${user} libvirtd`);
    const { stdout, exitCode } = await lab.as(user, `vapp doctor --connect ${session}`);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('KVM is not offered')]);
    expect(stdout).not.toContain('✖');
  });
}

/**
 * The user's cache, after a build here went so far that it has fetched all. It has a libvirt of its own: other tests compare what the
 * host's has before and after them.
 */
async function filledCache(): Promise<string> {
  await using daemon = await startPrivateDaemon();
  await using connection = await connect(daemon.uri);
  await makePool(connection, daemon, 'disks');
  const user = new TestUser();
  const where = ['--connect', daemon.uri, '--pool', 'disks'];
  try {
    const { exitCode } = await interrupt(
      user,
      [standIn, '--hypervisor', 'qemu', ...where, '--output', 'json'],
      {
        signal: 'SIGINT',
        when: atStage('install'),
        after: 0,
      },
    );
    expect(exitCode).toBe(130);
    expect((await user.vapp(['clean'], { on: daemon.uri })).stdout).toContain('nothing is left');
    return cacheDirectory();
  } finally {
    await rm(user.home, { recursive: true });
  }
}

/** What builds take from it: not what scripts and other tests keep there. */
const usedParts = async (cache: string): Promise<string[]> => {
  const wanted = ['base', 'finishers', 'fresh', 'kits', 'repacked', 'sha256', 'stand-ins', 'suites', 'trees'];
  return (await readdir(cache)).filter((name) => wanted.includes(name));
};
