import { expect, test, vi } from 'vitest';
import { shareConnection } from '../../src/cli/share-connection.js';
import type { Connection } from '../../src/libvirt/index.js';

const connection = () => {
  const double = {
    alive: true,
    isAlive: vi.fn(async () => double.alive),
    close: vi.fn(async () => 0),
    setMaxListeners: vi.fn(),
  };
  return double as typeof double & Connection;
};

test('nobody connects again while the connection lives', async () => {
  const first = connection();
  const reconnect = vi.fn();
  const shared = shareConnection(first, reconnect);
  expect([await shared.living(), await shared.living()]).toEqual([first, first]);
  expect(reconnect).not.toHaveBeenCalled();
});

test('after a loss there is one other for all: those that ask at once, and those that come later', async () => {
  const [first, second] = [connection(), connection()];
  const reconnect = vi.fn(async () => second);
  const shared = shareConnection(first, reconnect);
  first.alive = false;
  const got = await Promise.all([shared.living(), shared.living()]);
  expect([...got, await shared.living()].every((each) => each === second)).toBe(true);
  expect(reconnect).toHaveBeenCalledTimes(1);
});

test('a question that fails is a loss, too, and so is the second', async () => {
  const [first, second, third] = [connection(), connection(), connection()];
  const reconnect = vi.fn().mockResolvedValueOnce(second).mockResolvedValueOnce(third);
  const shared = shareConnection(first, reconnect);
  first.isAlive.mockRejectedValue(new Error('lost'));
  expect(await shared.living()).toBe(second);
  second.alive = false;
  expect(await shared.living()).toBe(third);
});

test('whoever asks after a daemon that stayed away tries again', async () => {
  const [first, second] = [connection(), connection()];
  first.alive = false;
  const reconnect = vi.fn().mockRejectedValueOnce(new Error('no socket')).mockResolvedValueOnce(second);
  const shared = shareConnection(first, reconnect);
  await expect(shared.living()).rejects.toThrow('no socket');
  expect(await shared.living()).toBe(second);
});

test('closes what it opened, and leaves the first to its owner', async () => {
  const [first, second] = [connection(), connection()];
  first.alive = false;
  {
    await using shared = shareConnection(first, async () => second);
    await shared.living();
  }
  expect([first.close.mock.calls.length, second.close.mock.calls.length]).toEqual([0, 1]);
});
