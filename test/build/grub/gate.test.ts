import { expect, test } from 'vitest';
import { openGate } from '../../../src/build/grub/gate.js';

const inOrder = () => {
  const seen: string[] = [];
  const note = (what: string) => (): void => void seen.push(what);
  return { seen, note, tell: (line: string) => void seen.push(line) };
};

test('the guest may write once all is saved', async () => {
  const { seen, note, tell } = inOrder();
  const gate = openGate(async () => note('saved')(), note('open'));
  gate.knock(tell);
  await gate.settled();
  expect([seen, gate.writing, gate.failure]).toEqual([['saved', 'open', 'go'], true, undefined]);
});

test('what cannot be saved is not written', async () => {
  const { seen, note, tell } = inOrder();
  const failure = new Error('no room');
  const gate = openGate(() => Promise.reject(failure), note('open'));
  gate.knock(tell);
  await gate.settled();
  expect([seen, gate.writing, gate.failure]).toEqual([['stop'], false, failure]);
});

test('a run that was cancelled meanwhile does not write', async () => {
  const { seen, tell } = inOrder();
  const cancelled = AbortSignal.abort(new Error('cancelled'));
  const gate = openGate(
    async () => undefined,
    () => cancelled.throwIfAborted(),
  );
  gate.knock(tell);
  await gate.settled();
  expect([seen, gate.writing, gate.failure]).toEqual([['stop'], false, cancelled.reason]);
});

test('it saves once, however often the guest says that it is ready', async () => {
  const { seen, note, tell } = inOrder();
  const gate = openGate(async () => note('saved')(), note('open'));
  gate.knock(tell);
  gate.knock(tell);
  await gate.settled();
  expect(seen.filter((one) => one === 'saved')).toHaveLength(1);
});
