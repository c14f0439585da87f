import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cleanBuilds } from '../../../src/build/clean/clean.js';
import type { BuildContext } from '../../../src/build/context.js';
import { Journal, leftovers } from '../../../src/build/records/journal.js';
import { listBuilds, readBuild } from '../../../src/build/records/records.js';
import { Scope } from '../../../src/build/records/scope.js';
import { buildFiles } from '../../../src/build/records/workspace.js';
import { publish } from '../../../src/build/stages/publish.js';
import * as domain from '../../../src/domain/index.js';
import { VappError } from '../../../src/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import {
  cloneOf,
  domainXml,
  makeTemplate,
  makeVolume,
  metadataOf,
  pool,
  volumeNames,
} from '../../template/support.js';
import { stageDouble } from '../stage-double.js';
import { temporary, writeBuild } from '../support.js';

vi.mock('../../../src/domain/index.js', { spy: true });

const id = 'web-20250103-000000';
const disk = { kind: 'volume', pool, name: `vapp-${id}.qcow2` } as const;
const former = metadataOf('web');
const formerDisk = former.volume ?? '';
let connection: Connection;
let builds: string;
beforeEach(async () => {
  connection = await openInline();
  builds = temporary();
  // libvirt's mock driver takes domains of its own type alone.
  vi.mocked(domain.templateDomainXml).mockReturnValue(
    domainXml('web', metadataOf('web', { build: id, volume: disk.name })),
  );
  await makeTemplate(connection, 'web');
  await makeVolume(connection, disk.name);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await connection.close();
});

/** The stage of a build that replaces the template web. */
async function replace(more: Partial<BuildContext> = {}): Promise<void> {
  const directory = writeBuild(builds, { id, entries: [{ op: 'make', resource: disk }] });
  const journal = new Journal(join(directory, buildFiles.journal));
  const scope = new Scope(journal);
  scope.adopt(disk, () => undefined);
  const { context, prepared } = await stageDouble(connection);
  const names = { ...prepared.plan.names, disk: disk.name };
  const options = { keep: false, force: true };
  try {
    await publish(
      { ...context, id, directory, journal, scope, options, ...more },
      { ...prepared, plan: { ...prepared.plan, names } },
    );
  } finally {
    journal.close();
  }
}
const left = () =>
  leftovers(readBuild(id, builds).entries).map((resource) => 'name' in resource && resource.name);
const clean = async () => {
  const cleaned = await cleanBuilds(connection, listBuilds(builds), { dryRun: false, resumable: true });
  return cleaned
    .filter(({ outcome }) => outcome !== 'absent')
    .map(({ outcome, reason }) => reason ?? outcome);
};
const define = (xml: string) => Object.getPrototypeOf(connection).defineDomain.call(connection, xml);
/** As a kill just before libvirt defines the domain, or just after: nothing more comes into the journal. */
const killed = (when: 'before' | 'after') => {
  vi.spyOn(connection, 'defineDomain').mockImplementationOnce(async (xml) => {
    if (when === 'after') await define(xml);
    throw new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'gone');
  });
};

test('the former template’s disk goes, and nothing is left to do', async () => {
  await replace();
  expect([await volumeNames(connection), left()]).toEqual([[disk.name], []]);
  const said = readBuild(id, builds).entries.flatMap((entry) =>
    'resource' in entry && 'former' in entry.resource ? `${entry.op} ${entry.resource.name}` : [],
  );
  const bootMedium = `vapp-${former.build}-grub.bin`;
  expect(said).toEqual([
    `make ${formerDisk}`,
    `make ${bootMedium}`,
    `gone ${formerDisk}`,
    `gone ${bootMedium}`,
  ]);
});

test('killed after the definition: vapp clean removes the former disk, and leaves the new one', async () => {
  killed('after');
  await expect(replace()).rejects.toThrow('gone');
  expect(await volumeNames(connection)).toEqual([formerDisk, disk.name].sort());
  expect(await clean()).toEqual(['removed', 'it is the disk of template web']);
  expect([await volumeNames(connection), left()]).toEqual([[disk.name], []]);
});

/** The same host by another connection: the mock driver has a host for each. */
const another = (close = vi.fn(async () => undefined)): Connection =>
  new Proxy(connection, {
    get: (target, name) => {
      if (name === 'close' || name === Symbol.asyncDispose) return close;
      const value = Reflect.get(Object.getPrototypeOf(target), name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

test('an answer of libvirt that is lost with the connection is asked for by another one', async () => {
  killed('after');
  vi.spyOn(connection, 'listDomains').mockRejectedValue(new Error('the connection is lost'));
  const close = vi.fn(async () => undefined);
  await replace({ reconnect: async () => another(close) });
  expect([await volumeNames(connection), left()]).toEqual([[disk.name], []]);
  expect(close).toHaveBeenCalledOnce();
});

test.each([
  ['says that there is no template', async () => another()],
  ['is not to be had', () => Promise.reject(new Error('refused'))],
])('a connection that %s: the loss of the first is the error', async (_, reconnect) => {
  killed('before');
  await expect(replace({ reconnect })).rejects.toThrow('gone');
});

test('killed before it: the former template keeps its disk', async () => {
  killed('before');
  await expect(replace()).rejects.toThrow('gone');
  expect(await clean()).toEqual(['it is the disk of template web', 'removed']);
  expect([await volumeNames(connection), left()]).toEqual([[formerDisk], []]);
});

test('a definition that libvirt refuses leaves the former disk out of the journal', async () => {
  vi.spyOn(connection, 'defineDomain').mockRejectedValueOnce(new Error('no'));
  await expect(replace()).rejects.toThrow('no');
  expect(left()).toEqual([disk.name]);
});

test('a former disk that clones read is theirs from then on', async () => {
  await cloneOf(connection, { name: 'web-1' });
  await replace();
  expect([await volumeNames(connection), left()]).toEqual([
    ['web-1.qcow2', formerDisk, disk.name].sort(),
    [],
  ]);
});

test('one that cannot be deleted stays for vapp clean', async () => {
  const lookup = vi.spyOn(connection, 'lookupPool');
  vi.spyOn(connection, 'defineDomain').mockImplementationOnce((xml) => {
    lookup.mockRejectedValue(new Error('busy'));
    return define(xml);
  });
  const volumes = [`vapp-${former.build}-grub.bin`, formerDisk];
  await replace();
  lookup.mockRestore();
  expect(left()).toEqual(volumes);
  expect(await clean()).toEqual(['removed']);
  expect(await volumeNames(connection)).toEqual([disk.name]);
});
