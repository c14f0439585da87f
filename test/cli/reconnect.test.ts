import { expect, test, vi } from 'vitest';
import { reconnect } from '../../src/cli/reconnect.js';
import { connect } from '../../src/libvirt/index.js';

vi.mock('../../src/libvirt/index.js', () => ({ connect: vi.fn() }));

test('a daemon that is being restarted is waited for', async () => {
  const connection = { uri: 'test:///default' };
  vi.mocked(connect)
    .mockRejectedValueOnce(new Error('no socket'))
    .mockRejectedValueOnce(new Error('no socket'))
    .mockResolvedValueOnce(connection as never);
  expect(await reconnect('test:///default', 1)).toBe(connection);
  expect(vi.mocked(connect).mock.calls).toEqual(
    Array(3).fill(['test:///default', { limit: expect.any(Number) }]),
  );
});

test('one that stays away is given up', async () => {
  vi.mocked(connect).mockReset().mockRejectedValue(new Error('no socket'));
  await expect(reconnect('test:///default', 1)).rejects.toThrow('no socket');
  expect(connect).toHaveBeenCalledTimes(10);
});

test('one that hangs is given up when its time is over, however few tries that were', async () => {
  vi.mocked(connect)
    .mockReset()
    .mockImplementation(async (_, o) => {
      await new Promise((resolve) => setTimeout(resolve, o?.limit));
      throw new Error('no answer');
    });
  await expect(reconnect('test:///default', 1, 20)).rejects.toThrow('no answer');
  expect(vi.mocked(connect).mock.calls.length).toBeLessThan(4);
});
