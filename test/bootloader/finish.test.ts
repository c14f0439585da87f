import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FinisherResult } from '../../src/bootloader/finisher-result.js';
import { createReportReader } from '../../src/bootloader/report.js';

const script = fileURLToPath(new URL('../../src/bootloader/finish.sh', import.meta.url));
let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-finish-'));
  root = join(folder, 'target');
  await mkdir(root);
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const exists = (path: string): Promise<boolean> =>
  stat(join(root, path)).then(
    () => true,
    () => false,
  );

/** Runs steps of the finisher on a folder of this machine. */
async function run(steps: string, env: Record<string, string> = {}): Promise<FinisherResult> {
  const report = join(folder, 'report');
  await execa('sh', [script], {
    reject: false,
    env: {
      LC_ALL: 'C',
      VAPP_STEPS: steps,
      VAPP_TARGET: root,
      VAPP_STATE: join(folder, 'state'),
      VAPP_REPORT: report,
      ...env,
    },
  });
  const reader = createReportReader(() => {});
  reader.chunk(await readFile(report));
  return reader.result!;
}

const interfaces = (name: string): string =>
  `auto lo\niface lo inet loopback\n\nallow-hotplug ${name}\niface wired inet dhcp\n`;
const renamed = (name: string): string =>
  `Jan 1 00:00:00 kernel: [    2.5] virtio_net virtio1 ${name}: renamed from eth0\n`;

describe('network', () => {
  it('finds the name that the installer’s network card had', async () => {
    await write('var/log/installer/syslog', `first\n${renamed('enp0s2')}last\n`);
    await write('etc/network/interfaces', interfaces('/en* /eth*'));
    expect(await run('network')).toMatchObject({ status: 0, facts: { interface: 'enp0s2' } });
  });

  it('passes a system without network', async () => {
    expect(await run('network')).toMatchObject({ status: 0, facts: { interface: '' } });
  });

  it.each(['etc/network/interfaces', 'etc/network/interfaces.d/more'])(
    'stops at a card by its name in %s',
    async (file) => {
      await write(file, interfaces('ens3'));
      const result = await run('network');
      expect(result).toMatchObject({ status: 1, failed: { step: 'network' } });
      expect(result.failed!.log).toContain('bound to a network card of the build: ens3');
    },
  );
});

/** What `check` asks for. */
const finished = async (): Promise<void> => {
  await write('etc/machine-id', 'uninitialized\n');
  await write('etc/ssh/sshd_config', 'Port 22\n');
  await write('boot/grub/grub.cfg', 'linux /vmlinuz root=UUID=1 ro\n');
  await write('boot/grub/i386-pc/core.img', 'core');
  await write('var/cache/debconf/config.dat', 'Name: grub-pc/install_devices\n');
  await write('var/lib/dpkg/diversions', '/bin/sh\n/bin/sh.distrib\ndash\n');
  await write('usr/sbin/update-initramfs', '');
};

describe('check', () => {
  it('passes a finished system', async () => {
    await finished();
    expect(await run('network check', { VAPP_TRACES: '10.0.2.2:4711' })).toMatchObject({ status: 0 });
  });

  it.each([
    ['the proxy', 'etc/profile.d/proxy.sh', 'http_proxy=http://10.0.2.2:4711', 'proxy.sh:1:http_proxy'],
    ['the interface', 'etc/sysctl.conf', 'net.ipv6.conf.enp0s2.autoconf=0', 'sysctl.conf:1:net.ipv6'],
    ['an answer', 'var/cache/debconf/config.dat', 'Value: http://10.0.2.2:4711', 'config.dat:1:Value'],
    [
      'a diversion',
      'var/lib/dpkg/diversions',
      '/sbin/depmod\n/sbin/depmod.vapp\n:',
      'A diversion of the installation',
    ],
    ['a diverted file', 'usr/sbin/depmod.vapp', '', 'A diverted file is still there.'],
    ['a host key', 'etc/ssh/ssh_host_rsa_key', 'key', 'There are ssh host keys.'],
    ['an identity', 'etc/machine-id', '0123456789abcdef', ''],
  ])('finds %s', async (_, path, content, sentence) => {
    await finished();
    await write('var/log/installer/syslog', renamed('enp0s2'));
    await write(path, `${content}\n`);
    const result = await run('network check', { VAPP_TRACES: '10.0.2.2:4711' });
    expect(result).toMatchObject({ status: 1, failed: { step: 'check' } });
    expect(result.failed!.log).toContain(sentence);
  });

  it('does not take part of a word for a trace', async () => {
    await finished();
    await write('var/log/installer/syslog', renamed('ens3'));
    await write('etc/motd', 'licens3 10.0.2.20\n');
    expect(await run('network check', { VAPP_TRACES: '10.0.2.2' })).toMatchObject({ status: 0 });
  });
});

describe('identity and clean', () => {
  it('takes away what only one machine may have, and what only the build needed', async () => {
    const gone = [
      'etc/ssh/ssh_host_ed25519_key',
      'etc/ssh/ssh_host_ed25519_key.pub',
      'var/lib/systemd/random-seed',
      'var/lib/systemd/credential.secret',
      'var/lib/dhcpcd/duid',
      'var/lib/dhcpcd/eth0.lease',
      'var/lib/apt/lists/mirror.example_dists_trixie_InRelease',
      'var/cache/apt/pkgcache.bin',
      'var/cache/apt/archives/x.deb',
      'var/log/installer/syslog',
      'var/log/journal/1/system.journal',
      'var/tmp/.hidden',
      'tmp/x/y',
      'root/.bash_history',
    ];
    const kept = ['etc/ssh/sshd_config', 'var/cache/apt/archives/lock', 'root/.bashrc'];
    for (const path of [...gone, ...kept, 'etc/machine-id']) await write(path, 'content');
    await write('var/log/dpkg.log', 'installed');
    await write('etc/resolv.conf', 'nameserver 10.0.2.3\n');
    expect(await run('identity clean')).toMatchObject({ status: 0 });
    expect(await Promise.all(gone.map(exists))).toEqual(gone.map(() => false));
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
    expect(await read('etc/machine-id')).toBe('uninitialized\n');
    expect(await read('var/log/dpkg.log')).toBe('');
    expect(await read('etc/resolv.conf')).toBe('');
  });
});

describe('report', () => {
  it('ends with the first step that fails, and shows any output as it was', async () => {
    const name = 'a"b\\c\td\u001b[0mé';
    await write('etc/network/interfaces', interfaces(name));
    const result = await run('network check');
    expect(result).toMatchObject({ status: 1, left: '', failed: { step: 'network' } });
    expect(result.failed!.log).toContain('a"b\\c');
  });

  it('fails a step that has no function', async () => {
    expect(await run('grub_unknown')).toMatchObject({ status: 1, failed: { step: 'grub_unknown' } });
  });
});
