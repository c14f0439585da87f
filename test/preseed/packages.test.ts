import { describe, expect, it } from 'vitest';
import { includedPackages, wantedPackages } from '../../src/preseed/packages.js';
import { appliance, options, sshKey } from './support.js';

const names = (packages: { name: string }[]): string[] => packages.map(({ name }) => name);

describe('includedPackages', () => {
  it('adds nothing but the boot loader to an appliance that asks for nothing', () => {
    expect(includedPackages(appliance())).toEqual([{ name: 'grub-pc', from: 'vapp' }]);
  });

  it('adds what logins, sudo and the keyboard need, each once, with its origin', () => {
    const a = appliance({
      packages: ['nginx', 'sudo'],
      keyboard: 'de',
      users: [{ name: 'ann', sshKeys: [sshKey], sudo: true }],
    });
    expect(includedPackages(a, ['busybox'])).toEqual([
      { name: 'nginx', from: 'packages[0]' },
      { name: 'sudo', from: 'packages[1]' },
      { name: 'openssh-server', from: 'users' },
      { name: 'keyboard-configuration', from: 'keyboard' },
      { name: 'console-setup', from: 'keyboard' },
      { name: 'grub-pc', from: 'vapp' },
      { name: 'busybox', from: 'vapp' },
    ]);
  });

  it('adds what a raw line asks for, in whatever way it parts the names', () => {
    const a = appliance({ preseed: ['d-i pkgsel/include string nginx,vim  less'] });
    expect(includedPackages(a)).toEqual([
      ...['nginx', 'vim', 'less'].map((name) => ({ name, from: 'preseed[0]' })),
      { name: 'grub-pc', from: 'vapp' },
    ]);
  });

  it('says that the keys of root ask for the server', () => {
    expect(includedPackages(appliance({ root: { sshKeys: [sshKey] } }))).toContainEqual({
      name: 'openssh-server',
      from: 'root.ssh_keys',
    });
  });
});

describe('wantedPackages', () => {
  it('names the kernel too', () => {
    expect(names(wantedPackages(appliance(), options.release))).toEqual(['linux-image-amd64', 'grub-pc']);
  });

  it('names a kernel that a raw line chooses', () => {
    const a = appliance({ preseed: ['d-i base-installer/kernel/image select linux-image-cloud-amd64'] });
    expect(wantedPackages(a, options.release)).toContainEqual({
      name: 'linux-image-cloud-amd64',
      from: 'preseed[0]',
    });
  });

  it('names locales when the locale must be generated', () => {
    const wanted = wantedPackages(appliance({ locale: 'de_DE.UTF-8' }), options.release);
    expect(wanted).toContainEqual({ name: 'locales', from: 'locale' });
  });
});
