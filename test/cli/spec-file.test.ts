import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSpec } from '../../src/cli/spec-file.js';
import { temporary } from '../build/support.js';
import { ed25519, minimal } from '../spec/helpers.js';

const directory = temporary();
const file = join(directory, 'web.yaml');

test('reads and resolves a spec, and gives its text too', () => {
  const text = minimal(`root: { ssh_keys: ["${ed25519}"] }`);
  writeFileSync(file, text);
  expect(readSpec(file)).toMatchObject({ text, resolved: { file, appliance: { appliance: 'web' } } });
});

test.each([
  ['there is no such file', join(directory, 'nope'), `printf 'appliance: web\\nos: debian-13\\n' > `],
  ['it is a directory', directory, 'ls -l '],
  ['ENOTDIR', join(file, 'x'), 'ls -l '],
])('cannot read: %s', (why, path, hint) => {
  expect(() => readSpec(path)).toThrow(
    expect.objectContaining({
      code: 'VAPP_SPEC_FILE',
      message: `cannot read the spec ${path}`,
      why,
      hint: hint + path,
    }),
  );
});
