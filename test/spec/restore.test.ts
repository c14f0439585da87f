import { expect, test } from 'vitest';
import { portableSpec, restoreSpec } from '../../src/spec/restore.js';
import { minimal, parse } from './helpers.js';

const text = minimal('root: { password: { env: ROOT_PASSWORD } }', 'packages:', '  - nginx', '  - curl');

test('a spec that went through JSON is the one that was resolved, whatever the environment says by now', () => {
  const before = parse(text, { env: { ROOT_PASSWORD: 'correct horse' } });
  const line = JSON.stringify(portableSpec(before, text));
  const after = restoreSpec(JSON.parse(line));
  expect(after.appliance.root.passwordHash).toMatch(/^\$6\$/);
  expect(after.appliance).toEqual(before.appliance);
  expect([after.file, after.sha256]).toEqual([before.file, before.sha256]);
  expect([...after.origins]).toEqual([...before.origins]);
  expect(line).not.toContain('correct horse');
});

test('mistakes that are found later still have their place in the spec', () => {
  const before = parse(text, { env: { ROOT_PASSWORD: 'correct horse' } });
  const after = restoreSpec(JSON.parse(JSON.stringify(portableSpec(before, text))));
  for (const path of ['packages[1]', 'os', 'nothing'])
    expect(after.locate(path)).toEqual(before.locate(path));
  expect(after.locate('packages[1]')).toMatchObject({ file: '/specs/web.yaml', line: 6, column: 5 });
});
