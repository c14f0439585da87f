import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootUntil } from './grub/boot.js';
import { gatherIngredients } from './grub/system.js';
import { disks, mapperDisks } from './mapper/disks.js';
import { MapperLab } from './mapper/lab.js';

const folder = mkdtempSync(join(tmpdir(), 'vapp-mapper-disks-'));
const lab = new MapperLab();
let before: string;

beforeAll(async () => {
  const made = await mapperDisks();
  await lab.boot();
  for (const name of disks) await lab.put(join(made, name), `/root/${name}`);
  for (const name of ['plain', 'tiny'])
    await lab.run(`qemu-img convert -O qcow2 /root/${name}.raw /root/${name}.qcow2`);
  // Somebody else's, which must stay: the first name that vapp would take, and a loop device.
  await lab.run('modprobe nbd && truncate -s 8M /root/other');
  await lab.run(
    'dmsetup info hda || dmsetup create hda --uuid VAPP-grub-other --table "0 16384 linear $(losetup --show --find /root/other) 0"',
  );
  await lab.run('mkdir -p ~/.local/state/vapp/device-mapper');
  before = await lab.things();
}, 3_600_000);
afterAll(async () => {
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
});

const mapper = '--mapper device-mapper';
/** A fresh copy of an image, in which nothing was done yet. */
const copy = async (name: string): Promise<string> => {
  await lab.run(`cp --sparse=always /root/${name} /root/work-${name}`);
  return `/root/work-${name}`;
};

describe.each([
  ['plain.raw', '', 'raw, MBR: the menu from outside'],
  ['split.raw', '--trust-image', 'raw, GPT, BIOS and UEFI, /boot of its own: update-grub of the image'],
  ['plain.qcow2', '', 'qcow2'],
])('%s %s', (name, options, what) => {
  test(`${what}: done, and the host is as before`, async () => {
    const file = await copy(name);
    const end = await lab.vapp(`grub ${mapper} ${options} --verbose --output plain ${file}`);
    expect([end.exitCode, end.stderr]).toEqual([0, '']);
    expect(end.stdout).toContain('dmsetup create hdb --uuid VAPP-grub-');
    expect(end.stdout).toMatch(/^BIOS +would boot$/m);
    if (name === 'split.raw') expect(end.stdout).toMatch(/^UEFI +would boot$/m);
    expect(await lab.things()).toBe(before);
    await lab.get(file, join(folder, `done-${name}`));
  });
});

/** Numbers of the commands that a run begins, but for those of no more than an instant in between. */
const moments = Array.from({ length: 15 }, (_, number) => number);

test.each(moments)('SIGINT at command %i: nothing is left', async (number) => {
  const file = await copy('tiny.raw');
  const end = JSON.parse(
    await lab.run(`node /opt/vapp/interrupt.mjs SIGINT ${number} grub ${mapper} --output json ${file}`),
  );
  expect(end).toMatchObject({ status: 130 });
  expect(await lab.things()).toBe(before);
});

test('after all these there is nothing for vapp clean', async () => {
  expect((await lab.vapp('clean')).stdout).toContain('nothing is left');
});

test.each(moments)('kill -9 at command %i: vapp clean removes all of it and nothing else', async (number) => {
  const file = await copy('tiny.raw');
  const end = JSON.parse(
    await lab.run(`node /opt/vapp/interrupt.mjs SIGKILL ${number} grub ${mapper} --output json ${file}`),
  );
  expect(end).toMatchObject({ signal: 'SIGKILL', begun: number + 1 });
  expect((await lab.vapp('clean')).exitCode).toBe(0);
  expect(await lab.things()).toBe(before);
});

test('a killed run on qcow2 leaves qemu-nbd, and vapp clean ends that', async () => {
  const file = await copy('tiny.qcow2');
  await lab.run(`node /opt/vapp/interrupt.mjs SIGKILL 3 grub ${mapper} --output json ${file}`);
  expect((await lab.vapp('clean')).stdout).toContain('removed network block device /dev/nbd0');
  expect(await lab.things()).toBe(before);
});

test('the command that a dry run shows make the same map', async () => {
  const { stdout } = await lab.vapp(`grub ${mapper} --dry-run /root/tiny.raw`);
  const wanted = /^(device=|numbers=|dmsetup|kpartx|losetup)/;
  const lines = stdout.split('\n').filter((line) => wanted.test(line));
  const renamed = lines.join('\n').replaceAll('hda', 'hdb');
  const shown = await lab.run(renamed.replace('\nkpartx -d', '\ndmsetup table hdb; dmsetup ls\nkpartx -d'));
  expect(shown).toMatch(/ striped 1 8 7:\d+ 0/);
  expect(shown).toMatch(/^hdb1\t/m);
  expect(await lab.things()).toBe(before);
});

test('without udevd the same comes about', async () => {
  const units = 'systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket';
  const file = await copy('tiny.raw');
  await lab.run(`systemctl stop ${units} && test ! -e /run/udev/control`);
  try {
    const end = await lab.vapp(`grub ${mapper} --output plain ${file}`);
    expect([end.exitCode, end.stderr]).toEqual([0, '']);
    expect(await lab.things()).toBe(before);
  } finally {
    await lab.run(`systemctl start ${units}`);
  }
});

test.each([
  ['plain.raw', 'raw', 'bios'],
  ['split.raw', 'raw', 'bios'],
  ['split.raw', 'raw', 'uefi'],
  ['plain.qcow2', 'qcow2', 'bios'],
] as const)('%s (%s, %s) boots to a login', async (name, format, firmware) => {
  const boot = { image: join(folder, `done-${name}`), format, firmware };
  expect(await bootUntil(boot, 'login:', await gatherIngredients())).toContain('login:');
});
