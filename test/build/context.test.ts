import { expect, test, vi } from 'vitest';
import { loggedChannel } from '../../src/build/context.js';
import type { VappEvent } from '../../src/events.js';

test('a log that cannot be written is told once, and what the guest says is still read', async () => {
  const events: VappEvent[] = [];
  const said: string[] = [];
  const channel = loggedChannel(
    { directory: '/no/such/directory', emit: (event) => events.push(event) },
    { device: 'serial0', file: 'console.log', onData: (chunk) => said.push(chunk.toString()) },
  );
  channel.onData(Buffer.from('one'));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  channel.onData(Buffer.from('two'));
  channel.onEnd?.();
  await new Promise(setImmediate);
  expect(said).toEqual(['one', 'two']);
  expect(events).toEqual([
    { type: 'warning', text: expect.stringMatching(/^console\.log is not written any more: ENOENT/) },
  ]);
});
