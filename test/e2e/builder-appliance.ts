import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMetadata } from '../../src/domain/index.js';
import { type BuilderGuest, startBuilder } from './builder-guest.js';
import { TestUser, virsh } from './vapp.js';

/** A finished disk of specs/builder.yaml, and the private key that its user `builder` accepts; without them the appliance is built first. */
const { VAPP_E2E_BUILDER: givenDisk, VAPP_E2E_BUILDER_KEY: givenKey } = process.env;

/**
 * specs/builder.yaml, built by vapp: two guests of its disk, with and without nested virtualisation, and what its ordinary user
 * does there.
 */
export function describeBuilderAppliance(): void {
  const user = new TestUser();
  /** What the guests said: kept after the tests. */
  const record = process.env.VAPP_E2E_RECORD ?? join(user.home, 'record');
  const name = `vapp-e2e-${process.pid}-builder`;
  const key = givenKey ?? user.key;
  let disk = givenDisk ?? '';

  beforeAll(async () => {
    mkdirSync(record, { recursive: true });
    await user.makeKey();
    if (disk) return;
    await execa('scripts/pack');
    await user.vapp(['build', 'specs/builder.yaml', '--name', name, '--output', 'plain'], {
      stdout: 'inherit',
    });
    const { pool = '', volume = '' } = readMetadata(await virsh('dumpxml', name)) ?? {};
    disk = await virsh('vol-path', '--pool', pool, volume);
  }, 14_400_000);

  afterAll(async () => {
    if (!givenDisk) await user.vapp(['delete', '--force', name], { reject: false });
    console.log(`the record is in ${record}`);
  });

  const keep = (file: string, text: unknown): void => writeFileSync(join(record, file), `${text}\n`);

  const start = (svm: boolean): Promise<BuilderGuest> =>
    startBuilder({ name: svm ? 'nesting' : 'plain', disk, key, directory: record, svm });

  const spec = '/usr/local/lib/vapp/specs/minimal.yaml';

  describe('a builder in a guest with nested virtualisation', () => {
    let guest: BuilderGuest;
    beforeAll(async () => {
      guest = await start(true);
    });
    afterAll(async () => {
      await guest?.stop();
    });

    test('has an ordinary user, who may use /dev/kvm but neither sudo nor the system’s libvirt', async () => {
      const { stdout } = await guest.ssh(
        'id; test -w /dev/kvm && echo kvm; command -v sudo; virsh -c qemu:///system list >&2 || echo refused',
      );
      keep('user.txt', stdout);
      const [who, ...rest] = String(stdout).split('\n');
      expect(who).toMatch(/^uid=1000\(builder\) .*\(kvm\)/);
      expect(who).not.toMatch(/libvirt|sudo/);
      expect(rest).toEqual(['kvm', 'refused']);
    });

    test('is ready by what vapp doctor says', async () => {
      const { stdout, exitCode } = await guest.ssh('vapp doctor');
      keep('doctor-nesting.txt', stdout);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('engines: kvm, qemu')]);
      expect(stdout).not.toContain('✖');
    });

    test('builds specs/minimal.yaml under KVM as that user', { timeout: 14_400_000 }, async () => {
      await guest.ssh('ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519');
      const begun = performance.now();
      const { stdout, stderr, exitCode } = await guest.ssh(`vapp build ${spec} --output plain`, {
        stdout: ['pipe', 'inherit'],
      });
      const seconds = Math.round((performance.now() - begun) / 1000);
      keep('build-nesting.txt', `${stdout}\n${stderr}\nstatus ${exitCode} after ${seconds} s`);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('engine kvm: ')]);
    });

    test('has the template then, and nothing else', async () => {
      const { stdout } = await guest.ssh(
        'virsh -c qemu:///session list --all --name; virsh -c qemu:///session vol-list default',
      );
      keep('left-nesting.txt', stdout);
      expect(String(stdout).split('\n')[0]).toBe('minimal');
      const volumes = String(stdout)
        .split('\n')
        .slice(4)
        .filter((line) => line.trim());
      expect(volumes).toEqual([expect.stringMatching(/^ vapp-minimal-\d+-\w+\.qcow2 /)]);
    });
  });

  describe('a builder in a guest without nested virtualisation', () => {
    let guest: BuilderGuest;
    beforeAll(async () => {
      guest = await start(false);
    });
    afterAll(async () => {
      await guest?.stop();
    });

    test('is ready, and vapp doctor says that it will emulate', async () => {
      const { stdout, exitCode } = await guest.ssh('vapp doctor');
      keep('doctor-plain.txt', stdout);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('KVM is not offered')]);
      expect(stdout).not.toContain('✖');
    });

    test('begins a build under emulation, says so, and leaves nothing when it is interrupted', async () => {
      await guest.ssh('ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519');
      // The shell becomes vapp, so that its number is vapp's.
      const build = guest.ssh(`echo "process $$"; exec vapp build ${spec} --output plain`, { all: true });
      let text = '';
      build.all?.on('data', (chunk) => {
        text += chunk;
        if (!/engine qemu: .*\n/.test(text)) return;
        build.all?.removeAllListeners('data');
        build.all?.resume();
        void guest.ssh(`kill -INT ${/^process (\d+)/m.exec(text)?.[1]}`);
      });
      const { all, exitCode } = await build;
      keep('build-plain.txt', all);
      expect(text).toContain('the host does not offer KVM; QEMU emulates the processor instead');
      expect(exitCode).toBe(130);
      expect((await guest.ssh('virsh -c qemu:///session list --all --name')).stdout).toBe('');
    });
  });
}
