import { expect, test } from 'vitest';
import { readActivity } from '../../../src/build/stages/activity.js';
import type { Domain } from '../../../src/libvirt/index.js';

const domain = (more: object = {}) =>
  ({
    blockStats: async (disk: string) => ({ readBytes: disk === 'vda' ? 5 : 0, writeBytes: 7n }),
    interfaceStats: async () => ({ rxBytes: 10, txBytes: 1 }),
    info: async () => ({ cpuTime: 2_500_000_000 }),
    ...more,
  }) as unknown as Domain;
const refuse = () => Promise.reject(new Error('not supported by the driver'));

test('adds up bytes and gives CPU time in seconds', async () => {
  expect(await readActivity(domain(), { disk: 'vda', interface: 'vnet0' })).toEqual({
    block: 12,
    net: 11,
    cpu: 2.5,
  });
});

test('leaves out what is not asked for or cannot be counted', async () => {
  expect(await readActivity(domain(), { disk: 'vda' })).toEqual({ block: 12, cpu: 2.5 });
  const poor = domain({ blockStats: refuse, interfaceStats: refuse, info: refuse });
  expect(await readActivity(poor, { disk: 'vda', interface: 'vnet0' })).toEqual({});
});
