import { dirname, join } from 'node:path';
import { throwTogether, VappError } from '../../errors.js';
import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import { bootMediumName, diskName } from '../../plan/names.js';
import { listTagged, type TaggedDomain } from '../../template/index.js';
import { claimBuild } from '../records/claim.js';
import { Journal, leftovers, type Resource } from '../records/journal.js';
import { refuseNewer } from '../records/newer.js';
import { type BuildRecord, goesOn, isAbsence, readBuild } from '../records/records.js';
import { isOverdue, type ResumePoint, resumePoint } from '../records/resume-point.js';
import { describe } from '../records/scope.js';
import { buildFiles } from '../records/workspace.js';
import type { Outcome } from './host.js';
import { cleanResource } from './resource.js';

export interface CleanOptions {
  dryRun: boolean;
  /** Remove the disks of builds that can be resumed, too. */
  resumable?: boolean;
  /** Give up volumes of pools that are not defined; their files stay. */
  forgetful?: boolean;
  /** The caller has claimed the builds. */
  claimed?: boolean;
}

export interface Cleaned extends Outcome {
  build: string;
  resource: Resource;
}

/**
 * Removes what builds and clones whose process is gone left on this connection's host, as their journals tell it. A domain goes only
 * if it carries the build's tag, a volume only if its name carries the build's id or is that of a template which was replaced, a
 * directory only from the build's own. The disk of a build that can be resumed stays for `keepResumable`, and a volume whose pool is
 * not defined in the journal, unless `forgetful` is said.
 * Throws VAPP_CLEAN_TAG when a journal names anything else, VAPP_BUILD_NEWER when it is a newer vapp's (VappErrors for several), once
 * all builds were tried; what was done until then is in `cleaned`.
 */
export async function cleanBuilds(
  connection: Connection,
  builds: readonly BuildRecord[],
  o: CleanOptions,
  cleaned: Cleaned[] = [],
): Promise<Cleaned[]> {
  const failures: VappError[] = [];
  for (const build of builds) {
    if (goesOn(build) || build.uri !== connection.uri) continue;
    if (leftovers(build.entries).length === 0) continue;
    try {
      refuseNewer(build);
      await cleanBuild(connection, build, o, cleaned);
    } catch (error) {
      // Another process has cleaned it, and forgotten it.
      if (isAbsence(error)) continue;
      // One build that cannot be cleaned must not keep what all others left.
      if (!(error instanceof VappError) || isConnectionLost(error)) throw error;
      failures.push(error);
    }
  }
  throwTogether(failures);
  return cleaned;
}

/** What an earlier run of a build left, or this one before it lost its connection, by the process that has claimed the build. */
export async function cleanOwn(
  connection: Connection,
  { id, directory }: Pick<BuildRecord, 'id' | 'directory'>,
): Promise<Cleaned[]> {
  const build: BuildRecord = { ...readBuild(id, dirname(directory)), state: 'failed' };
  return await cleanBuilds(connection, [build], { dryRun: false, claimed: true });
}

async function cleanBuild(
  connection: Connection,
  listed: BuildRecord,
  o: CleanOptions,
  cleaned: Cleaned[],
): Promise<void> {
  const own = o.dryRun || o.claimed;
  using _ = own ? undefined : claimBuild(listed.directory);
  // It may have been resumed, and have failed again, since it was listed.
  const build = own ? listed : readBuild(listed.id, dirname(listed.directory));
  const journal = o.dryRun ? undefined : new Journal(join(build.directory, buildFiles.journal));
  try {
    const tagged = await listTagged(connection);
    const owners = diskOwners(tagged);
    const spared = sparedBy(build, owners, o);
    for (const resource of leftovers(build.entries)) {
      if (spared && describe(resource) === describe(spared.disk)) {
        const reason = `it can be resumed until ${spared.until}`;
        cleaned.push({ build: build.id, resource, outcome: 'resumable', reason });
        continue;
      }
      const result = await cleanResource(connection, build, resource, { ...o, tagged, owners });
      if (result.outcome !== 'unreachable')
        journal?.write({ op: result.outcome === 'kept' ? 'keep' : 'gone', resource });
      cleaned.push({ build: build.id, resource, ...result });
    }
  } finally {
    journal?.close();
  }
}

function sparedBy(
  build: BuildRecord,
  owners: ReadonlyMap<string, string>,
  { resumable = false }: CleanOptions,
): ResumePoint | undefined {
  const point = resumable ? undefined : resumePoint(build);
  return point && !isOverdue(point) && !owners.has(point.disk.name) ? point : undefined;
}

/**
 * Volumes that a template or clone needs, and how: the process was killed between defining it and writing that down, or the template
 * was replaced since then and clones still read its disk.
 */
export function diskOwners(tagged: readonly TaggedDomain[]): ReadonlyMap<string, string> {
  const own = tagged.filter(({ metadata }) => metadata.kind !== 'build');
  // A clone carries the build of its template.
  const clones = own.filter(({ metadata }) => metadata.kind === 'clone');
  return new Map<string, string>([
    ...clones.map((d) => [diskName(d.metadata.build), `clone ${d.name} reads it`] as const),
    ...own.map((d) => [bootMediumName(d.metadata.build), `${whatIs(d)} boots by it`] as const),
    ...own.map((d) => [d.metadata.volume ?? '', `it is the disk of ${whatIs(d)}`] as const),
  ]);
}

const whatIs = ({ name, metadata }: TaggedDomain): string => `${metadata.kind} ${name}`;
