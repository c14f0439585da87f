import { expect, test } from 'vitest';
import { newest, newestIndex } from '../../src/archive/newest.js';
import { makeIndex, makeSuite } from './doubles.js';

const main = makeSuite(
  await makeIndex([
    { Package: 'libc6', Version: '2.41-12' },
    { Package: 'only-main', Version: '1' },
  ]),
);
const security = makeSuite(
  await makeIndex([
    { Package: 'libc6', Version: '2.41-12+deb13u1' },
    { Package: 'only-security', Version: '1' },
  ]),
  { suite: 'trixie-security' },
);

test('the highest version counts, whatever the order of the suites', () => {
  for (const suites of [
    [main, security],
    [security, main],
  ])
    expect(newest(suites, 'libc6')).toMatchObject({
      suite: security,
      stanza: { Version: '2.41-12+deb13u1' },
    });
  expect(newest([main, security], 'only-main')?.suite).toBe(main);
  expect(newest([main, security], 'nothing')).toBeUndefined();
});

test('the index gives highest versions, and asks the first suite what is there', () => {
  const index = newestIndex([main, security]);
  expect(index.get('libc6')?.Version).toBe('2.41-12+deb13u1');
  expect(index.get('only-security')?.Version).toBe('1');
  expect([...index.names()]).toEqual(['libc6', 'only-main']);
});
