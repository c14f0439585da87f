import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { clonesOf, listTagged } from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import { cloneOf, makeTemplate, metadataOf } from './support.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

test('lists by name what carries the tag, and leaves out the rest', async () => {
  await makeTemplate(connection, 'web');
  await makeTemplate(connection, 'db');
  await cloneOf(connection, { name: 'a-clone', start: true });
  const tagged = await listTagged(connection);
  expect(tagged.map(({ name, state, metadata }) => [name, state, metadata.kind])).toEqual([
    ['a-clone', 'running', 'clone'],
    ['db', 'shutoff', 'template'],
    ['web', 'shutoff', 'template'],
  ]);
  expect(tagged[2]).toMatchObject({ title: 'web: a title', metadata: metadataOf('web') });
  expect(tagged[2]?.uuid).toMatch(/^[0-9a-f-]{36}$/);
});

test('a domain that ends while it is looked at is left out', async () => {
  await makeTemplate(connection, 'web');
  const gone = await makeTemplate(connection, 'db');
  const listed = await connection.listDomains();
  vi.spyOn(connection, 'listDomains').mockResolvedValue(listed);
  await gone.undefine();
  expect((await listTagged(connection)).map(({ name }) => name)).toEqual(['web']);
});

test('knows the clones that read the disk of a build', async () => {
  const { build } = metadataOf('web');
  await makeTemplate(connection, 'web');
  expect(await clonesOf(connection, build)).toEqual([]);
  await cloneOf(connection, { name: 'web-1' });
  expect(await clonesOf(connection, build)).toEqual(['web-1']);
  expect(await clonesOf(connection, metadataOf('db').build)).toEqual([]);
});
