import { expect, describe as group, test } from 'vitest';
import type { Journal, JournalEntry, Resource } from '../../../src/build/records/journal.js';
import { Scope } from '../../../src/build/records/scope.js';
import { VappErrors } from '../../../src/errors.js';

const volume = (name: string): Resource => ({ kind: 'volume', pool: 'p', name });

function recorder() {
  const log: string[] = [];
  const journal = {
    write: (entry: JournalEntry) => {
      if (entry.op === 'make' || entry.op === 'gone' || entry.op === 'keep') {
        log.push(`${entry.op} ${'name' in entry.resource ? entry.resource.name : ''}`);
      }
    },
  } as Journal;
  return { log, scope: new Scope(journal) };
}

const acquire = (scope: Scope, log: string[], name: string): Promise<string> =>
  scope.acquire(
    volume(name),
    async () => {
      log.push(`making ${name}`);
      return name;
    },
    () => void log.push(`removing ${name}`),
  );

group('Scope', () => {
  test('journals before it makes, removes last first, journals after', async () => {
    const { log, scope } = recorder();
    await acquire(scope, log, 'a');
    scope.defer('a server', () => void log.push('closing the server'));
    await acquire(scope, log, 'b');
    await scope.close();
    expect(log).toEqual([
      'make a',
      'making a',
      'make b',
      'making b',
      'removing b',
      'gone b',
      'closing the server',
      'removing a',
      'gone a',
    ]);
  });

  test('removes what could be made only in part', async () => {
    const { log, scope } = recorder();
    const failing = scope.acquire(
      volume('a'),
      () => Promise.reject(new Error('disk full')),
      () => void log.push('removing a'),
    );
    await expect(failing).rejects.toThrow('disk full');
    await scope.close();
    expect(log).toEqual(['make a', 'removing a', 'gone a']);
  });

  test('keeps what is to outlive it', async () => {
    const { log, scope } = recorder();
    await acquire(scope, log, 'a');
    scope.keep(volume('a'));
    await scope.close();
    expect(log).toEqual(['make a', 'making a', 'keep a']);
    expect(scope.held()).toEqual([]);
  });

  test('one failed removal does not stop the others, and is not journalled as gone', async () => {
    const { log, scope } = recorder();
    await acquire(scope, log, 'a');
    await scope.acquire(
      volume('b'),
      async () => undefined,
      () => Promise.reject(new Error('busy')),
    );
    const closing = scope.close();
    await expect(closing).rejects.toBeInstanceOf(VappErrors);
    await expect(closing).rejects.toMatchObject({ code: 'VAPP_BUILD_CLEANUP' });
    expect(log).toEqual(['make a', 'making a', 'make b', 'removing a', 'gone a']);
  });

  test('what cannot be released early is tried again at the end', async () => {
    const { log, scope } = recorder();
    let tries = 0;
    await scope.acquire(
      volume('a'),
      async () => undefined,
      () => (++tries === 1 ? Promise.reject(new Error('busy')) : undefined),
    );
    await expect(scope.release(volume('a'))).rejects.toThrow('busy');
    await scope.close();
    expect([tries, log]).toEqual([2, ['make a', 'gone a']]);
  });

  test('releases one thing early, once', async () => {
    const { log, scope } = recorder();
    await acquire(scope, log, 'a');
    await scope.release(volume('a'));
    await scope.release(volume('a'));
    await scope.close();
    expect(log.filter((line) => line === 'removing a')).toHaveLength(1);
  });
});
