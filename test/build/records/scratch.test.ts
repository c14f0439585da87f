import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanBuilds } from '../../../src/build/clean/clean.js';
import { Journal, leftovers } from '../../../src/build/records/journal.js';
import { readBuild } from '../../../src/build/records/records.js';
import { Scope } from '../../../src/build/records/scope.js';
import { withScratchFile } from '../../../src/build/records/scratch.js';
import { buildFiles } from '../../../src/build/records/workspace.js';
import { openInline } from '../../libvirt/inline.js';
import { temporary, writeBuild } from '../support.js';

const id = 'web-20250103-000000';
function place() {
  const builds = temporary();
  const directory = writeBuild(builds, { id, entries: [] });
  const scope = new Scope(new Journal(join(directory, buildFiles.journal)));
  return { builds, directory, scope, file: join(directory, 'initrd') };
}
const left = (builds: string) => leftovers(readBuild(id, builds).entries);

test('the file is in the journal while it is used, and gone afterwards', async () => {
  const { builds, directory, scope, file } = place();
  const during = await withScratchFile({ directory, scope }, 'initrd', async (path) => {
    writeFileSync(path, 'x');
    return left(builds);
  });
  expect(during).toEqual([{ kind: 'file', path: file }]);
  expect([existsSync(file), left(builds)]).toEqual([false, []]);
});

test('also when its use fails', async () => {
  const { builds, directory, scope, file } = place();
  const use = async (path: string) => {
    writeFileSync(path, 'x');
    throw new Error('full');
  };
  await expect(withScratchFile({ directory, scope }, 'initrd', use)).rejects.toThrow('full');
  expect([existsSync(file), left(builds)]).toEqual([false, []]);
});

test('that of a killed build is removed by vapp clean, and no file of anybody else', async () => {
  const { builds, directory, scope, file } = place();
  // Never comes back, as in a process that was killed.
  void withScratchFile({ directory, scope }, 'initrd', async (path) => {
    writeFileSync(path, 'x');
    await new Promise(() => undefined);
  });
  await using connection = await openInline();
  const build = () => ({ ...readBuild(id, builds), state: 'dead' as const, uri: connection.uri });
  const cleaned = await cleanBuilds(connection, [build()], { dryRun: false });
  expect(cleaned).toEqual([{ build: id, resource: { kind: 'file', path: file }, outcome: 'removed' }]);
  expect([existsSync(file), left(builds)]).toEqual([false, []]);

  new Journal(join(directory, buildFiles.journal)).write({
    op: 'make',
    resource: { kind: 'file', path: join(builds, 'other') },
  });
  writeFileSync(join(builds, 'other'), 'x');
  await expect(cleanBuilds(connection, [build()], { dryRun: false })).rejects.toMatchObject({
    code: 'VAPP_CLEAN_TAG',
  });
  expect(existsSync(join(builds, 'other'))).toBe(true);
});
