import { expect, test } from 'vitest';
import { firstDisk, volumeFormat, volumeXml } from '../../src/domain/index.js';

const domain = (...disks: string[]): string =>
  `<domain type='kvm'><name>x</name><devices><emulator>/q</emulator>${disks.join('')}</devices></domain>`;

test('the first disk is no medium, and has a path, a volume or neither', () => {
  const medium = `<disk type='file' device='cdrom'><source file='/x.iso'/></disk>`;
  const file = `<disk type='file'><driver name='qemu' type='qcow2'/><source file='/d.qcow2'/></disk>`;
  const block = `<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/vg/d'/></disk>`;
  const volume = `<disk type='volume' device='disk'><source pool='p' volume='v'/></disk>`;
  expect(firstDisk(domain(medium, file, block))).toEqual({ path: '/d.qcow2', format: 'qcow2' });
  expect(firstDisk(domain(block))).toEqual({ path: '/dev/vg/d', format: 'raw' });
  expect(firstDisk(domain(volume))).toEqual({ pool: 'p', volume: 'v' });
  expect(firstDisk(domain(`<disk type='network' device='disk'><source protocol='rbd'/></disk>`))).toEqual({});
  expect(firstDisk(domain(medium))).toBeUndefined();
  expect(firstDisk(`<domain/>`)).toBeUndefined();
});

test('the format of a volume', () => {
  expect(volumeFormat(volumeXml({ name: 'x', capacity: 1, format: 'raw' }))).toBe('raw');
  expect(volumeFormat(`<volume><target><path>/x</path></target></volume>`)).toBeUndefined();
});
