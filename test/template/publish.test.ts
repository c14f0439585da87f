import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import type { Connection } from '../../src/libvirt/index.js';
import {
  defineTemplate,
  domainMetadata,
  dropFormerDisk,
  formerTemplate,
  refuseTakenName,
} from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import { cloneOf, domainXml, makeTemplate, makeVolume, metadataOf, volumeNames } from './support.js';

let connection: Connection;
let events: VappEvent[];
beforeEach(async () => {
  connection = await openInline();
  events = [];
});
afterEach(async () => {
  await connection.close();
});

const newer = metadataOf('web', { build: 'web-20250103-000000', volume: 'newer.qcow2' });
/** Says what became of the former template's disk. */
const publish = async (force: boolean, xml = domainXml('web', newer)) => {
  const former = await formerTemplate(connection, 'web', { force });
  await defineTemplate(connection, xml, former);
  return former && (await dropFormerDisk(connection, former, (event) => events.push(event)));
};

const byHand = `virsh -c test:///default vol-delete --pool default-pool ${metadataOf('web').volume}`;

async function published() {
  const domain = await connection.lookupDomain('web');
  return domain && (await domainMetadata(domain));
}

test('defines the template', async () => {
  expect(await publish(false)).toBeUndefined();
  expect(await published()).toEqual(newer);
  expect(events).toEqual([]);
});

test('refuses a name that a template has, before anything is done', async () => {
  await makeTemplate(connection, 'web');
  await expect(publish(false)).rejects.toMatchObject({
    code: 'VAPP_NAME_TAKEN',
    message: 'there is a template web already',
    why: 'build web-20250102-abcdef made it',
    hint: 'vapp build --force SPEC replaces it; --name OTHER builds beside it',
  });
  expect(await published()).toEqual(metadataOf('web'));
});

test('a domain of somebody else is not even replaced by force', async () => {
  await expect(refuseTakenName(connection, 'test', { force: true })).rejects.toMatchObject({
    code: 'VAPP_NAME_TAKEN',
    message: 'the name test is taken',
    why: 'a domain of this name exists and is not a template of vapp',
    hint: 'vapp build --name OTHER SPEC',
  });
});

test('a template that runs by mistake is not replaced under its feet', async () => {
  const template = await makeTemplate(connection, 'web');
  await template.start();
  await expect(refuseTakenName(connection, 'web', { force: true })).rejects.toMatchObject({
    code: 'VAPP_NAME_TAKEN',
    message: 'the template web is running',
    why: 'a running domain cannot be replaced',
    hint: 'virsh -c test:///default destroy web',
  });
});

test('force replaces a template and deletes the disk of the former one', async () => {
  const former = await makeTemplate(connection, 'web');
  await makeVolume(connection, 'newer.qcow2');
  expect(await publish(true)).toBe('removed');
  expect(await published()).toEqual(newer);
  // The same UUID: the definition was replaced in one step, and no kill could have left the host without a template.
  expect((await connection.lookupDomain('web'))?.uuid).toBe(former.uuid);
  expect(await volumeNames(connection)).toEqual(['newer.qcow2']);
});

test('the former disk stays while clones read it', async () => {
  await makeTemplate(connection, 'web');
  await cloneOf(connection, { name: 'web-1' });
  expect(await publish(true)).toBe('read');
  expect(await volumeNames(connection)).toContain(metadataOf('web').volume);
  expect(events).toEqual([
    {
      type: 'notice',
      text: 'the replaced template’s disk stays as long as a clone reads it: web-1',
    },
  ]);
});

test('a former disk that cannot be deleted is a warning: the new template is there', async () => {
  await makeTemplate(connection, 'web');
  await makeVolume(connection, 'newer.qcow2');
  vi.spyOn(connection, 'lookupPool').mockRejectedValue(new Error('busy'));
  expect(await publish(true)).toBeUndefined();
  expect(await published()).toEqual(newer);
  expect(events).toEqual([
    { type: 'warning', text: 'the replaced template’s disk stays: busy', hint: byHand },
  ]);
});

test('the former template comes back when libvirt refuses the new one', async () => {
  await makeTemplate(connection, 'web');
  await expect(publish(true, '<domain type="test"><name>web</name></domain>')).rejects.toMatchObject({
    code: /^VAPP_LIBVIRT_/,
  });
  expect(await published()).toEqual(metadataOf('web'));
  expect(await volumeNames(connection)).toEqual([metadataOf('web').volume]);
});
