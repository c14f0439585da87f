import { describe, expect, it } from 'vitest';
import { readDefaults } from '../../../src/bootloader/device-mapper/defaults.js';
import {
  kernelVersions,
  type MenuFacts,
  menuFits,
  menuText,
} from '../../../src/bootloader/device-mapper/menu.js';
import { readMenu } from '../../../src/verify/boot/menu.js';

const facts: MenuFacts = {
  rootUuid: 'aaaa-root',
  bootUuid: 'aaaa-root',
  bootPath: '/boot',
  files: [
    'config-6.12.9',
    'vmlinuz-6.12.9',
    'initrd.img-6.12.9',
    'vmlinuz-6.12.117',
    'vmlinuz',
    'System.map-6.12.9',
  ],
  defaults: {},
};

describe('a menu from outside', () => {
  it('boots each kernel, the newest first, and gives an initrd to those that have one', () => {
    const { entries } = readMenu(menuText(facts)!);
    expect(entries).toMatchObject([
      { kernel: '/boot/vmlinuz-6.12.117', root: 'UUID=aaaa-root', search: 'aaaa-root' },
      { kernel: '/boot/vmlinuz-6.12.9', initrds: ['/boot/initrd.img-6.12.9'], root: 'UUID=aaaa-root' },
    ]);
    expect(entries[0]!.initrds ?? []).toEqual([]);
  });

  it('finds the kernels of a separate /boot on it, and the root elsewhere', () => {
    const { entries } = readMenu(menuText({ ...facts, bootUuid: 'bbbb-boot', bootPath: '' })!);
    expect(entries[0]).toMatchObject({
      kernel: '/vmlinuz-6.12.117',
      search: 'bbbb-boot',
      root: 'UUID=aaaa-root',
    });
  });

  it('is none without a kernel', () => {
    expect(menuText({ ...facts, files: ['vmlinuz', 'initrd.img-6.12.9'] })).toBeUndefined();
  });

  it('follows the system’s own settings of kernel, time and console', () => {
    const defaults = readDefaults([
      'GRUB_TIMEOUT=2\nGRUB_CMDLINE_LINUX="console=ttyS0,115200 net.ifnames=0"\n',
      "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\nGRUB_TERMINAL='console serial'\nGRUB_SERIAL_COMMAND=\"serial --speed=115200\"\n",
    ]);
    const lines = menuText({ ...facts, defaults })!.split('\n');
    expect(lines).toContain('set timeout=2');
    expect(lines).toContain(
      '  linux /boot/vmlinuz-6.12.9 root=UUID=aaaa-root ro console=ttyS0,115200 net.ifnames=0 quiet',
    );
    expect(lines.slice(3, 6)).toEqual([
      'serial --speed=115200',
      'terminal_input console serial',
      'terminal_output console serial',
    ]);
  });
});

describe('kernelVersions', () => {
  it('orders as Debian does, not as text', () => {
    expect(
      kernelVersions(['vmlinuz-6.9.1-amd64', 'vmlinuz-6.12.1-amd64', 'vmlinuz-6.12.1~rc1-amd64']),
    ).toEqual(['6.12.1-amd64', '6.12.1~rc1-amd64', '6.9.1-amd64']);
  });

  it('leaves out names that GRUB’s shell could take for more than a name', () => {
    expect(kernelVersions(['vmlinuz-6 }', "vmlinuz-6';reboot", 'vmlinuz-$x', 'vmlinuz-6\n'])).toEqual([]);
  });
});

describe('readDefaults', () => {
  it('lets the later file win, and a comment be none', () => {
    expect(readDefaults(['GRUB_TIMEOUT=5 # seconds\n#GRUB_TERMINAL=serial\n', ' GRUB_TIMEOUT=0\n'])).toEqual({
      GRUB_TIMEOUT: '0',
    });
  });

  it.each([
    'GRUB_TIMEOUT=$(touch /tmp/x)',
    'GRUB_TIMEOUT=`id`',
    'GRUB_TIMEOUT="$x"',
    'GRUB_TIMEOUT=1; rm -rf /',
    'GRUB_TIMEOUT="a" "b"',
  ])('does not compute %s', (line) => {
    expect(readDefaults([line])).toEqual({});
  });

  it.each(['quiet; reboot', '}', "a'b", 'a\\b', '"', '{'])('takes no %s into the menu', (value) => {
    expect(readDefaults([`GRUB_CMDLINE_LINUX='${value}'`]).GRUB_CMDLINE_LINUX).toBeUndefined();
  });
});

describe('menuFits', () => {
  const line = (kernel: string, words: string) => `menuentry x {\n\tlinux\t${kernel} ${words}\n}\n`;
  it.each([
    ['one that update-grub made', line('/boot/vmlinuz-6.12.9', 'root=UUID=aaaa-root ro quiet'), true],
    ['another root', line('/boot/vmlinuz-6.12.9', 'root=UUID=bbbb ro'), false],
    ['a root by the builder’s device', line('/boot/vmlinuz-6.12.9', 'root=/dev/mapper/hda1 ro'), false],
    ['a kernel that is gone', line('/boot/vmlinuz-6.1', 'root=UUID=aaaa-root ro'), false],
    ['no kernel', 'set timeout=5\n', false],
  ])('%s', (_, text, fits) => {
    expect(menuFits(text, facts)).toBe(fits);
  });
});
