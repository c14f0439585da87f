import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guestXml } from '../../scripts/measure/guest-xml.mjs';

const guest = {
  name: 'vapp-bench-x',
  engine: 'qemu',
  emulator: '/usr/bin/qemu-system-x86_64',
  machine: 'q35',
  memory: 2 ** 30,
  vcpus: 2,
  kernel: '/pool/kernel',
  initrd: '/pool/initrd',
  cmdline: 'a <b> & "c"',
  disk: { path: '/pool/disk', serial: 'target' },
} as const;

test.each([
  ['online', { ...guest, online: true }],
  ['with a disk that cannot be written', { ...guest, disk: { ...guest.disk, readOnly: true } }],
])('libvirt’s schema takes a guest %s', (_, o) => {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-xml-'));
  const file = join(directory, 'guest.xml');
  writeFileSync(file, guestXml(o));
  expect(() => execFileSync('virt-xml-validate', [file, 'domain'], { stdio: 'pipe' })).not.toThrow();
  rmSync(directory, { recursive: true });
});

test('a guest that is not online has no network', () => {
  expect(guestXml(guest)).not.toContain('<interface');
  expect(guestXml({ ...guest, online: true })).toContain("<interface type='user'>");
});
