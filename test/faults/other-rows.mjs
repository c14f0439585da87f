// Rows of the matrix that are no moment of one build: each does the whole by itself, in `run`.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builderOf, listBuilds, specFile, vapp } from './build.mjs';

const newer = 'newer-20990101-000000';
const newerDirectory = (world) => world.path('state/vapp/builds', newer);

/** A journal of a form that no vapp knows, which names somebody else's volume. */
const newerJournal = (world) =>
  [
    {
      ...{ op: 'begin', v: 99, build: newer, uri: world.uri, version: '99.0.0' },
      ...{ pid: 1, started: 'never', boot: 'none' },
    },
    { op: 'make', resource: { kind: 'volume', pool: 'others', name: 'bystander.qcow2' } },
  ]
    .map((entry) => `${JSON.stringify({ at: '2099-01-01T00:00:00.000Z', ...entry })}\n`)
    .join('');

/** All that would change the build is tried. */
async function touchNewer(world) {
  const journal = join(newerDirectory(world), 'journal.jsonl');
  await mkdir(newerDirectory(world), { recursive: true });
  await writeFile(journal, newerJournal(world));
  const ends = [];
  for (const command of ['cancel', 'resume', 'clean', 'forget'])
    ends.push(await vapp(world, [command, newer]));
  const untouched = (await readFile(journal, 'utf8')) === newerJournal(world);
  const statuses = new Set(ends.map(({ exitCode }) => exitCode));
  return {
    status: statuses.size === 1 ? ends[0].exitCode : [...statuses].join(' and '),
    says: untouched ? ends.map(({ stderr }) => stderr).join('\n') : 'the journal was changed',
  };
}

const queued = Array.from({ length: 50 }, (_, number) => `queued-${number}`);

async function queuedSpec(world, name) {
  const file = await specFile(world, name);
  await writeFile(file, (await readFile(file, 'utf8')).replace('appliance: stand-in', `appliance: ${name}`));
  return file;
}

const queuedBuilds = async (world) => (await listBuilds(world)).filter(({ id }) => id.startsWith('queued-'));

const livingOf = (pids) => pids.filter((pid) => existsSync(`/proc/${pid}`));

/** One builds, and waits in its guest; the others wait for it. Then all are cancelled by one command. */
async function queueAndCancel(world) {
  const files = await Promise.all(queued.map((name) => queuedSpec(world, name)));
  const begun = await vapp(world, ['build', ...files, '--pool', 'images', '--detach', '-j', '1'], {
    order: { pause: 3600 },
  });
  if (begun.exitCode !== 0) return { status: begun.exitCode, says: begun.stderr };
  let builds = [];
  while (builds.filter(({ state }) => state === 'queued').length < queued.length - 1) {
    await sleep(1000);
    builds = await queuedBuilds(world);
  }
  await vapp(world, ['cancel', ...builds.map(({ id }) => id)]);
  const { exitCode } = await vapp(world, ['wait', ...builds.map(({ id }) => id)]);
  const after = await queuedBuilds(world);
  const pids = await Promise.all(builds.map(({ id }) => builderOf(world, id)));
  const cancelled = after.filter(({ state }) => state === 'cancelled').length;
  // An end is in the journal before its process is gone.
  for (let tries = 0; tries < 20 && livingOf(pids).length > 0; tries++) await sleep(500);
  const alive = livingOf(pids).length;
  return { status: exitCode, says: `${cancelled} are cancelled, ${alive} processes are left` };
}

export const otherRows = [
  {
    name: 'journal of a newer vapp',
    stages: ['start'],
    run: touchNewer,
    repair: (world) => rm(newerDirectory(world), { recursive: true, force: true }),
    expect: { status: [3], says: /^(?:[\s\S]*?VAPP_BUILD_NEWER){4}/ },
  },
  {
    name: '50 detached builds queued, then all cancelled',
    stages: ['start'],
    run: queueAndCancel,
    expect: { status: [143], says: /^50 are cancelled, 0 processes are left$/ },
  },
];
