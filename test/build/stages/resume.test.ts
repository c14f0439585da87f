import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BuildRequest, build } from '../../../src/build/build.js';
import { cleanBuilds } from '../../../src/build/clean/clean.js';
import type { BuildContext } from '../../../src/build/context.js';
import { claimBuild } from '../../../src/build/records/claim.js';
import { leftovers } from '../../../src/build/records/journal.js';
import { listBuilds, readBuild } from '../../../src/build/records/records.js';
import { keepResumable, resumePoint } from '../../../src/build/records/resume-point.js';
import { buildFiles, writeBuildFile } from '../../../src/build/records/workspace.js';
import { writeResumeRecord } from '../../../src/build/resume/resume-record.js';
import { resumption } from '../../../src/build/resume/resumption.js';
import * as storage from '../../../src/build/storage.js';
import { volumeXml } from '../../../src/domain/index.js';
import type { VappEvent } from '../../../src/events.js';
import type { Connection, Pool, Volume } from '../../../src/libvirt/index.js';
import { namesFor } from '../../../src/plan/index.js';
import { plan } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';
import { minimal, parse } from '../../spec/helpers.js';
import { domainNames, domainXml, metadataOf, pool as poolName, volumeNames } from '../../template/support.js';
import { temporary } from '../support.js';

const id = 'web-20250102-abcdef';
const disk = `vapp-${id}.qcow2`;
const kernel = `vapp-build-${id}-kernel`;
let connection: Connection;
let pool: Pool;
let events: VappEvent[];
let log: string[];
let cancel: AbortController;
/** Stands for the cached kernel and initrd of the finisher. */
let media: string;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  vi.stubEnv('XDG_CACHE_HOME', temporary());
  connection = await openInline();
  pool = (await connection.lookupPool(poolName))!;
  media = join(temporary(), 'linux');
  writeFileSync(media, '');
  // libvirt's mock driver takes no uploads.
  vi.spyOn(storage, 'uploadFile').mockImplementation(async ({ scope }, { name }) => {
    const volume = await storage.createVolume({ pool, poolName, scope, name }, small(name));
    log.push(`upload ${name}`);
    return await volume.path();
  });
  events = [];
  log = [];
  cancel = new AbortController();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await connection.close();
});
vi.mock('../../../src/build/storage.js', { spy: true });

const small = (name: string) => volumeXml({ name, capacity: 2 ** 20, format: 'qcow2' });
const lookup = async (name: string) => (await pool.lookupVolume(name)) as Volume;

/** `prepare` makes the disk and a kernel as the real one does; all others only say that they were there. */
const doubles = (more: BuildRequest['stages'] = {}): BuildRequest['stages'] => ({
  prepare: async (context: BuildContext) => {
    const { scope, options } = context;
    const names = namesFor(id, options.name ?? 'web');
    const planned = plan('qemu', {
      appliance: context.resolved.appliance,
      pool: { name: poolName },
      network: { installer: { type: 'user' }, final: { type: 'user' } },
      names,
    });
    writeBuildFile(context.directory, buildFiles.plan, JSON.stringify(planned));
    const files = {
      kernel: media,
      finisherInitrd: media,
      traces: ['10.0.2.2:1'],
      domainTemplate: '<domain/>',
    };
    writeResumeRecord(context, files);
    await storage.createVolume({ pool, poolName, scope, name: kernel }, small(kernel));
    const made = await storage.createVolume({ pool, poolName, scope, name: disk }, small(disk));
    return { plan: planned, pool, disk: made, ...files } as never;
  },
  install: async () => void log.push('install'),
  bootloader: async (_, { kernelPath }) => void log.push(`bootloader ${kernelPath ?? ''}`.trim()),
  verify: async () => void log.push('verify'),
  publish: async ({ scope }) => {
    log.push('publish');
    scope.keep({ kind: 'volume', pool: poolName, name: disk });
  },
  ...more,
});
const run = (more: Partial<BuildRequest> = {}) =>
  build({
    id,
    resolved: parse(minimal()),
    specText: minimal(),
    connection,
    options: { keep: false, force: false },
    emit: (event) => events.push(event),
    signal: cancel.signal,
    ...more,
    stages: doubles(more.stages),
  });
const fail = (text: string) => () => Promise.reject(new Error(text));
const failIn = (stage: 'install' | 'bootloader' | 'verify' | 'publish') =>
  expect(run({ stages: { [stage]: fail('oops') } })).rejects.toThrow('oops');
const resume = (o: Parameters<typeof resumption>[1] = { options: {} }, more: Partial<BuildRequest> = {}) =>
  run({ ...resumption(readBuild(id), o), ...more });
const notices = () => events.flatMap((event) => (event.type === 'notice' ? event.text : []));

test.each(['install', 'bootloader', 'verify', 'publish'] as const)(
  'a failure in %s keeps the disk, and it alone, if the installation was finished',
  async (stage) => {
    await failIn(stage);
    const kept = stage === 'install' ? [] : [disk];
    expect(await volumeNames(connection)).toEqual(kept);
    expect(resumePoint(readBuild(id))?.from).toBe(stage === 'install' ? undefined : stage);
  },
);

test('a cancelled build that was installed keeps it too, and says how to go on', async () => {
  const verify = async () => cancel.abort(new Error('cancelled'));
  await expect(run({ stages: { verify } })).rejects.toThrow('cancelled');
  expect(notices().at(-1)).toBe(
    `the volume ${poolName}/${disk} is kept: vapp resume ${id} goes on from it (vapp clean ${id} removes it)`,
  );
  expect(readBuild(id).state).toBe('cancelled');
});

test('goes on with the stage that failed, and never installs again', async () => {
  await failIn('bootloader');
  log.length = 0;
  expect(await resume()).toBe('web');
  expect(log).toEqual([`upload ${kernel}`, `bootloader /${poolName}/${kernel}`, 'verify', 'publish']);
  expect(await volumeNames(connection)).toEqual([disk]);
  const record = readBuild(id);
  expect([record.state, leftovers(record.entries), resumePoint(record)]).toEqual(['done', [], undefined]);
});

test('a disk whose pool was removed is not given up: the pool may come back', async () => {
  const bootloader = async () => {
    await pool.destroy();
    await pool.undefine();
  };
  await expect(run({ stages: { bootloader } })).rejects.toMatchObject({ code: 'VAPP_BUILD_VOLUME' });
  const record = readBuild(id);
  expect(resumePoint(record)?.disk.name).toBe(disk);
  expect(leftovers(record.entries)).toContainEqual({ kind: 'volume', pool: poolName, name: disk });
});

test('nothing is uploaded when only the check is left', async () => {
  await failIn('verify');
  log.length = 0;
  await resume();
  expect(log).toEqual(['verify', 'publish']);
});

test('a resumed build that fails can be resumed once more, from where it got to', async () => {
  await failIn('bootloader');
  await expect(resume(undefined, { stages: { verify: fail('again') } })).rejects.toThrow('again');
  expect(resumePoint(readBuild(id))).toMatchObject({ from: 'verify' });
  expect(await volumeNames(connection)).toEqual([disk]);
});

/** As if the process of the failed build had gone before its clean-up; it leaves the kernel's volume, too. */
async function pretendKill(): Promise<string> {
  const journal = join(readBuild(id).directory, buildFiles.journal);
  const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
  const late = /"op":"(?:gone|end)"|"stage":"publish","state":"failed"/;
  const before = lines.filter((line) => !late.test(line));
  const text = before.map((line) => line.replace(/"started":"\d+"/, '"started":"1"')).join('\n');
  writeFileSync(journal, `${text}\n`);
  await pool.createVolume(small(kernel));
  expect(readBuild(id).state).toBe('dead');
  return journal;
}

test('after a kill: what else was left is removed first', async () => {
  await failIn('publish');
  const journal = await pretendKill();
  const domain = `vapp-build-${id}-verify`;
  appendFileSync(
    journal,
    `${JSON.stringify({ at: new Date().toISOString(), op: 'make', resource: { kind: 'domain', name: domain } })}\n`,
  );
  await connection.createDomain(domainXml(domain, metadataOf('web', { kind: 'build', build: id })));
  await resume();
  expect([await volumeNames(connection), await domainNames(connection)]).toEqual([[disk], ['test']]);
});

describe('after a kill between the definition of the template and the word of it in the journal', () => {
  beforeEach(async () => {
    await failIn('publish');
    await pretendKill();
    await connection.defineDomain(domainXml('web', metadataOf('web', { build: id, volume: disk })));
    events = [];
    log = [];
  });
  const expectDone = async () => {
    const record = readBuild(id);
    expect([record.state, leftovers(record.entries), resumePoint(record)]).toEqual(['done', [], undefined]);
    expect(await volumeNames(connection)).toEqual([disk]);
  };

  test('a resume says that the template is there, removes the rest, and the build is done', async () => {
    expect(await resume()).toBe('web');
    expect([log, notices()]).toEqual([
      [],
      [`the template web is there: build ${id} is done, and was killed before it wrote that down`],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'result', template: 'web' });
    expect(readBuild(id).entries.at(-1)).toMatchObject({ op: 'end', state: 'done' });
    await expectDone();
  });

  test('the template has the name of then, whatever the resume asks for', async () => {
    expect(await resume({ options: { name: 'other' } })).toBe('web');
    expect(await domainNames(connection)).toEqual(['test', 'web']);
  });

  test('a rest that cannot be removed is a warning', async () => {
    vi.spyOn(connection, 'lookupPool').mockRejectedValue(new Error('busy'));
    expect(await resume()).toBe('web');
    expect(events).toContainEqual({ type: 'warning', text: 'busy', hint: 'vapp clean' });
    expect(readBuild(id).state).toBe('done');
  });

  test('vapp clean leaves the template its disk, and the build is done from then on', async () => {
    await cleanBuilds(connection, listBuilds(), { dryRun: false });
    await expectDone();
    expect(() => resumption(readBuild(id), { options: {} })).toThrow(
      expect.objectContaining({ why: 'it is done: its template is defined' }),
    );
  });
});

describe('the disk', () => {
  test('that was deleted is no ground to go on from', async () => {
    await failIn('verify');
    await (await lookup(disk)).delete();
    await expect(resume()).rejects.toMatchObject({
      code: 'VAPP_RESUME_DISK',
      message: `the volume ${poolName}/${disk} is gone`,
    });
    expect(resumePoint(readBuild(id))).toBeUndefined();
    expect(() => resumption(readBuild(id), { options: {} })).toThrow('cannot be resumed');
  });

  test('that is another one is refused and not touched', async () => {
    await failIn('verify');
    await (await lookup(disk)).delete();
    await pool.createVolume(volumeXml({ name: disk, capacity: 2 ** 21, format: 'qcow2' }));
    await expect(resume()).rejects.toMatchObject({
      code: 'VAPP_RESUME_DISK',
      why: 'its size was 1048576 bytes and is 2097152',
    });
    expect(await volumeNames(connection)).toEqual([disk]);
  });

  test('that another template has by now is that one’s', async () => {
    await failIn('publish');
    const other = metadataOf('db', { volume: disk });
    await connection.defineDomain(domainXml('db', other));
    await expect(resume()).rejects.toMatchObject({
      code: 'VAPP_RESUME_NOTHING',
      message: `build ${id} cannot be resumed: another has its disk`,
      why: 'it is the disk of template db',
    });
    expect([await volumeNames(connection), leftovers(readBuild(id).entries)]).toEqual([[disk], []]);
  });
});

describe('another spec', () => {
  const spec = (text: string) => ({ spec: { text, resolved: parse(text) }, options: {} });

  test('of other memory: it is checked again and the template gets it', async () => {
    await failIn('publish');
    const text = `${minimal()}memory: 3GiB\n`;
    log.length = 0;
    let seen = 0;
    const verify = async (_: BuildContext, prepared: { plan: { appliance: { memory: number } } }) => {
      seen = prepared.plan.appliance.memory;
    };
    await resume(spec(text), { stages: { verify } });
    expect([seen, log]).toEqual([3 * 1024 ** 3, ['publish']]);
    expect(readFileSync(join(readBuild(id).directory, buildFiles.spec), 'utf8')).toBe(text);
  });

  test('that the finished installation has used otherwise is refused, with the place, and changes nothing', async () => {
    await failIn('verify');
    const before = readFileSync(join(readBuild(id).directory, buildFiles.journal), 'utf8');
    expect(() => resumption(readBuild(id), spec(`${minimal()}run: ['true']\npackages: [nginx]\n`))).toThrow(
      expect.objectContaining({
        code: 'VAPP_RESUME_SPEC',
        message: 'the installation that is finished has used another packages, run',
        at: expect.objectContaining({ line: expect.any(Number) }),
      }),
    );
    expect(readFileSync(join(readBuild(id).directory, buildFiles.journal), 'utf8')).toBe(before);
  });

  test('whose password has another hash is the same: a plain one has a new salt each time', async () => {
    const text = (hash: string) => `${minimal()}root: { password: '$6$${hash}$${'a'.repeat(86)}' }\n`;
    await expect(
      run({ resolved: parse(text('one')), specText: text('one'), stages: { verify: fail('oops') } }),
    ).rejects.toThrow('oops');
    expect(resumption(readBuild(id), spec(text('two'))).resumed.stages).toEqual(['verify', 'publish']);
  });

  test('that failed after a stage which an earlier run had done: the stage is done once more', async () => {
    await failIn('publish');
    const other = spec(`${minimal()}memory: 2GiB\n`);
    await expect(resume({ ...other, options: {} }, { stages: { verify: fail('oops') } })).rejects.toThrow(
      'oops',
    );
    expect(resumePoint(readBuild(id))?.from).toBe('verify');
    log.length = 0;
    await resume();
    expect(log).toEqual(['verify', 'publish']);
  });

  test('with another name for the template: only that is done anew', async () => {
    await failIn('publish');
    expect(await resume({ options: { name: 'other' } })).toBe('other');
  });

  test('of a resumption that is refused is forgotten: spec and plan stay those of one build', async () => {
    await failIn('verify');
    await connection.defineDomain(
      domainXml('web', metadataOf('web', { build: 'web-20240101-000000', volume: 'other.qcow2' })),
    );
    await expect(resume(spec(`${minimal()}memory: 3GiB\n`))).rejects.toMatchObject({
      code: 'VAPP_NAME_TAKEN',
    });
    const { resolved, resumed } = resumption(readBuild(id), { options: { force: true } });
    expect([resumed.specText, resumed.plan.appliance.memory]).toEqual([minimal(), resolved.appliance.memory]);
    expect(readFileSync(join(readBuild(id).directory, buildFiles.spec), 'utf8')).toBe(minimal());
  });

  test.each(['bootloader', 'verify'] as const)(
    'and options of one that failed in %s are those of the next',
    async (stage) => {
      await failIn(stage);
      const text = `${minimal()}memory: 3GiB\n`;
      const other = { ...spec(text), options: { name: 'other', force: true } };
      await expect(resume(other, { stages: { verify: fail('again') } })).rejects.toThrow('again');
      const next = resumption(readBuild(id), { options: {} });
      expect(next.options).toEqual({ keep: false, force: true, name: 'other' });
      expect([next.specText, next.resumed.plan.names.template]).toEqual([text, 'other']);
    },
  );
});

describe('vapp clean', () => {
  const clean = async (o: { resumable?: boolean } = {}) =>
    (await cleanBuilds(connection, listBuilds(), { dryRun: false, ...o })).map(({ outcome }) => outcome);

  test('spares the disk of a build that can be resumed, unless it is asked for', async () => {
    await failIn('verify');
    expect(await clean()).toEqual(['resumable']);
    expect(await volumeNames(connection)).toEqual([disk]);
    expect(await clean({ resumable: true })).toEqual(['removed']);
    expect(await volumeNames(connection)).toEqual([]);
    expect(resumePoint(readBuild(id))).toBeUndefined();
  });

  test('removes it when the stated time is over', async () => {
    await failIn('verify');
    vi.setSystemTime(Date.now() + keepResumable * 1000 - 60_000);
    expect(await clean()).toEqual(['resumable']);
    vi.setSystemTime(Date.now() + 120_000);
    expect(await clean()).toEqual(['removed']);
    vi.useRealTimers();
  });

  test('does not touch a build that is being resumed at this moment', async () => {
    await failIn('verify');
    using _ = claimBuild(readBuild(id).directory);
    await expect(clean({ resumable: true })).rejects.toMatchObject({ code: 'VAPP_BUILD_CLAIMED' });
    await expect(resume()).rejects.toMatchObject({ code: 'VAPP_BUILD_CLAIMED' });
    expect(await volumeNames(connection)).toEqual([disk]);
  });
});

test('no secret lies in a file that others could read', async () => {
  await failIn('verify');
  const { directory } = readBuild(id);
  expect(existsSync(join(directory, buildFiles.resume))).toBe(true);
  expect(readFileSync(join(directory, buildFiles.resume), 'utf8')).not.toContain('assword');
});
