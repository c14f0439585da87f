import { expect, test } from 'vitest';
import { componentRelease } from '../../scripts/measure/component-release.mjs';

// Of Debian 13.8: the sum is that of its signed Release.
const release = {
  fields: new Map([
    ['Origin', 'Debian'],
    ['Label', 'Debian'],
    ['Suite', 'stable'],
    ['Version', '13.8'],
    ['Acquire-By-Hash', 'yes'],
  ]),
  files: new Map([
    [
      'main/binary-amd64/Release',
      { sha256: '9441fca766883d64ccff1eebaf895cb84ca5e787404cfd692f2cd04bf1253449', size: 116 },
    ],
  ]),
};

test('is what the distribution has signed, byte for byte', () => {
  expect(componentRelease(release, 'main', 'amd64')).toHaveLength(116);
});

test('is nothing when it would be another file, or one that is not signed', () => {
  const older = { ...release, fields: new Map([...release.fields, ['Version', '13.7']]) };
  expect(componentRelease(older, 'main', 'amd64')).toBeUndefined();
  expect(componentRelease(release, 'contrib', 'amd64')).toBeUndefined();
});
