import { expect, test, vi } from 'vitest';
import { hypervisorFacts } from '../../../src/build/host/host.js';
import { roomOnHost } from '../../../src/build/host/room.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { facts, xenFacts } from '../../plan/helpers.js';

vi.mock('../../../src/build/host/host.js', () => ({ hypervisorFacts: vi.fn() }));

const GiB = 1024 ** 3;
const guest = (name: string, memory: number, state = 'running') => ({
  name,
  info: async () => ({ state, memory: memory * GiB }),
});
type Guest = { name: string; info(): Promise<unknown> };
const room = async (host: typeof facts, ...guests: Guest[]) => {
  vi.mocked(hypervisorFacts).mockResolvedValue(host({ hostMemory: 8 * GiB }));
  const connection = { listDomains: async () => guests } as unknown as Connection;
  return (await roomOnHost(connection)).memory! / GiB;
};

test('a QEMU host has three quarters of its memory for builds, whatever runs on it', async () => {
  expect(await room(facts, guest('web', 7))).toBe(6);
});

test.each<[string, Guest[], number]>([
  ['what dom0 and other guests have is not for builds', [guest('Domain-0', 2), guest('web', 3)], 3],
  ['the guests of builds are theirs', [guest('Domain-0', 2), guest('vapp-build-x-1-installer', 4)], 6],
  ['a dom0 that has nearly all gives it to guests', [guest('Domain-0', 7), guest('web', 3)], 5],
  ['one that is shut off has none', [guest('web', 7, 'shutoff')], 6],
  ['one that ends meanwhile has none', [{ name: 'web', info: () => Promise.reject(new Error('gone')) }], 6],
])('on Xen %s', async (_, guests, memory) => {
  expect(await room(xenFacts, ...guests)).toBe(memory);
});
