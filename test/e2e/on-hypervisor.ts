import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMetadata } from '../../src/domain/index.js';
import { connect } from '../../src/libvirt/index.js';
import type { Engine } from '../../src/plan/plan.js';
import { bootUntil } from './grub/boot.js';
import { type Lab, startLab } from './lab.js';
import { type TestUser, testUser } from './vapp.js';

const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const standIn = new URL('../stand-in/build.mjs', import.meta.url).pathname;

/**
 * `short`: with the stand-in for the installer, minutes. `whole`: the distribution's own, most of an hour; it is beyond an HVM guest
 * of a lab (docs/hypervisors.md), which has the stand-in in either form.
 */
const isShort = (engine: Engine): boolean => process.env.VAPP_E2E_FORM === 'short' || engine === 'xen-hvm';
const minutes = (count: number): number => count * 60_000;
const sshOptions = [
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
  ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=60'],
];

/**
 * One spec, built on each of the engines in a lab of that mode: a template, a clone that boots to a login, and nothing else
 * left. In the whole form the clone is also well, and boots after its kernel was installed anew.
 */
export function describeHypervisor(mode: 'kvm' | 'xen', engines: readonly Engine[]): void {
  const user = testUser();
  let lab: Lab;
  beforeAll(async () => {
    await user.makeKey();
    lab = await startLab(mode);
  }, minutes(30));
  afterAll(async () => {
    await lab?.stop();
  });

  const vapp = (args: readonly string[]) =>
    execa(process.execPath, [program, ...args, '--connect', lab.uri], { env: user.env });
  const virsh = async (...args: string[]): Promise<string> =>
    (await execa('virsh', ['-q', '-c', lab.uri, ...args], { env: { LC_ALL: 'C' } })).stdout.trim();
  const left = async (): Promise<string[]> => [
    await virsh('list', '--all', '--name'),
    await virsh('vol-list', 'default'),
  ];

  test('vapp doctor has no red line', async () => {
    expect((await vapp(['doctor'])).stdout).not.toContain('✖');
  });

  describe.each(engines)('%s', (engine) => {
    const template = `e2e-${engine}`;
    const clone = `${template}-1`;
    const short = isShort(engine);
    let before: string[];

    // A whole one on PVH took more than an hour beside other guests.
    test('the spec becomes a template', becomesTemplate, minutes(150));

    async function becomesTemplate(): Promise<void> {
      before = await left();
      const build = short ? [standIn] : [program, 'build', wholeSpec(user, engine)];
      const options = short ? ['--hypervisor', engine] : [];
      const args = [...build, ...options, '--connect', lab.uri, '--name', template, '--output', 'plain'];
      await execa(process.execPath, args, { env: user.env, stdout: 'inherit', stderr: 'inherit' });
      expect(await virsh('domstate', template)).toBe('shut off');
    }

    test('every document of the build is one that libvirt’s schema takes', async () => {
      const { build = '' } = readMetadata(await virsh('dumpxml', template)) ?? {};
      const directory = join(user.home, 'state/vapp/builds', build);
      const documents = readdirSync(directory).filter((name) => name.endsWith('.xml'));
      const probe = engine === 'kvm' ? ['probe.xml'] : [];
      const guests = ['finisher.xml', 'installer.xml', ...probe, 'template.xml', 'verify.xml'];
      expect(documents).toEqual(expect.arrayContaining(guests));
      for (const name of documents) await execa('virt-xml-validate', [join(directory, name), 'domain']);
    });

    if (mode === 'xen') test('its disk boots under QEMU, too, as it is', bootsUnderQemu, minutes(60));

    async function bootsUnderQemu(): Promise<void> {
      const image = join(user.home, `${engine}.qcow2`);
      const { pool = '', volume = '' } = readMetadata(await virsh('dumpxml', template)) ?? {};
      await virsh('vol-download', '--pool', pool, volume, image);
      expect(await bootUntil({ image, format: 'qcow2', firmware: 'bios' }, 'login: ')).toContain('login: ');
      rmSync(image);
    }

    if (engine === 'kvm')
      test('vapp doctor knows that KVM works', async () => {
        expect((await vapp(['doctor'])).stdout).toContain('KVM works');
      });

    test('a clone boots to a login', async () => {
      await vapp(['clone', template, clone]);
      await untilLogin(lab.uri, clone);
    });

    // The stand-in is no system that one could log into.
    if (!short) test('it is well, and boots what a kernel’s upgrade wrote into its menu', wellAfterUpgrade);

    async function wellAfterUpgrade(): Promise<void> {
      const ssh = await sshTo(lab, user, await addressOf(virsh, clone));
      expect(await ssh('systemctl is-system-running --wait')).toBe('running');
      const before = await ssh('cat /proc/sys/kernel/random/boot_id');
      await ssh('apt-get -q update && apt-get -q -y install --reinstall linux-image-$(uname -r)');
      await ssh(newerKernel);
      await ssh('systemd-run --on-active=2 systemctl reboot');
      await expect
        .poll(() => ssh('cat /proc/sys/kernel/random/boot_id').catch(() => before), {
          timeout: minutes(30),
          interval: 10_000,
        })
        .not.toBe(before);
      const commandLine = await ssh('cat /proc/cmdline');
      expect(commandLine).toContain('e2e=menu');
      // GRUB names the kernel that it loads; pygrub does not.
      if (engine !== 'xen-pv') expect(commandLine).toMatch(/BOOT_IMAGE=\S*\+e2e /);
    }

    test('nothing is left when clone and template are deleted', async () => {
      await vapp(['delete', '--force', clone]);
      await vapp(['delete', template]);
      expect(await left()).toEqual(before);
    });

    if (short) test('of a build that is killed, vapp clean ends the guest and removes all', killed);

    async function killed(): Promise<void> {
      const args = [standIn, '--hypervisor', engine, '--connect', lab.uri, '--pause', '600'];
      const build = execa(process.execPath, args, { env: user.env, reject: false });
      const guest = () => virsh('list', '--name');
      await expect.poll(guest, { timeout: minutes(10), interval: 2000 }).toContain('-installer');
      build.kill('SIGKILL');
      await build;
      await vapp(['clean']);
      expect(await left()).toEqual(before);
    }

    if (short) test('a question that nothing answers is named, with the line that would', unanswered);

    async function unanswered(): Promise<void> {
      const args = [standIn, '--hypervisor', engine, '--connect', lab.uri, '--fault', 'install:question'];
      const end = await execa(process.execPath, args, { env: user.env, reject: false });
      expect([end.exitCode, end.stderr]).toEqual([5, expect.stringContaining('VAPP_INSTALLER_QUESTION')]);
      expect(end.stderr).toContain("preseed: ['d-i netcfg/get_hostname string");
      expect(await left()).toEqual(before);
    }
  });
}

/** Another kernel in the menu, newer by its name than the one that runs: the first entry of the menu from then on. */
const newerKernel = [
  'set -e; cd /boot',
  'for file in vmlinuz initrd.img; do cp "$file-$(uname -r)" "$file-$(uname -r)+e2e"; done',
  `echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX e2e=menu"' > /etc/default/grub.d/zz-e2e.cfg`,
  'update-grub',
].join('; ');

function wholeSpec(user: TestUser, engine: Engine): string {
  const file = join(user.home, `${engine}.yaml`);
  writeFileSync(file, `appliance: minimal\nos: debian-13\nhypervisor: ${engine}\n`);
  return file;
}

/** Starts a domain and reads its console to the login prompt, so that what comes before it is in the error. */
async function untilLogin(uri: string, name: string): Promise<void> {
  const connection = await connect(uri);
  try {
    const domain = (await connection.lookupDomain(name))!;
    await domain.start({ paused: true });
    const console = await domain.openConsole();
    let text = '';
    console.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    await domain.resume();
    await expect.poll(() => text, { timeout: minutes(30), interval: 1000 }).toMatch(/\blogin: /);
    console.destroy();
  } finally {
    await connection.close();
  }
}

async function addressOf(virsh: (...args: string[]) => Promise<string>, name: string): Promise<string> {
  const address = /\b(\d+\.\d+\.\d+\.\d+)\//;
  const look = async () => address.exec(await virsh('domifaddr', name))?.[1] ?? '';
  await expect.poll(look, { timeout: minutes(10), interval: 5000 }).not.toBe('');
  return await look();
}

/** A way to run commands in a guest of the lab as root. */
async function sshTo(lab: Lab, user: TestUser, address: string) {
  const ssh = async (command: string): Promise<string> => {
    const args = [...sshOptions, ...lab.jump, '-i', user.key, `root@${address}`, command];
    return (await execa('ssh', args, { timeout: minutes(40) })).stdout;
  };
  await expect
    .poll(() => ssh('true').then(() => 'in', String), { timeout: minutes(20), interval: 5000 })
    .toBe('in');
  return ssh;
}
