// One judge for all rows of the matrix: does the fault, and looks at the four things that must hold afterwards.
import { existsSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Build, listBuilds, specFile, vapp } from './build.mjs';
import { Mirror } from './mirror.mjs';
import { orderedDisk } from './ordered-disk.mjs';

const nothing = { domains: [], volumes: [], guests: [], parts: [] };
const clock = new URL('./clock.mjs', import.meta.url).href;

/** Makes what the rows need besides the host: a finished disk, and a mirror that can go wrong. `finished`: where one is, or shall be kept. */
export async function warmUp(world, finished = world.path('finished.qcow2')) {
  if (!existsSync(finished)) await buildOnce(world, finished);
  world.disk = finished;
  const { stdout } = await vapp(world, [
    'explain',
    await specFile(world, 'warm-up'),
    'mirror',
    '--output',
    'json',
  ]);
  world.mirror = await Mirror.start(JSON.parse(stdout).keys[0].value);
}

/** Builds without any fault, and keeps the disk as it is after the finisher. */
async function buildOnce(world, disk) {
  const build = await Build.start(world, { name: 'warm-up', order: {} });
  await build.until(() => build.saw((event) => event.type === 'stage' && event.stage === 'verify'), 1800);
  await copyFile(world.path('images', `vapp-${build.id}.qcow2`), disk);
  const { status, says } = await build.end();
  if (status !== 0) throw new Error(`the warm-up failed: ${says}`);
  await vapp(world, ['delete', 'warm-up']);
}

/** The order by which a build begins right before the stage that the fault is for: the finisher can be run again on its own work. */
async function orderFor(world, row, stage) {
  const order = {
    ...row.order,
    ...row.orderIn?.(stage),
    ...(row.fetch && { fetch: [await world.mirror.pathOf(row.fetch)] }),
  };
  if (stage === 'bootloader') return { ...order, disk: world.disk };
  if (stage === 'verify') return { ...order, disk: await orderedDisk(world, order), finished: true };
  if (stage === 'publish' || row.finished)
    return { ...order, disk: world.disk, finished: true, unverified: true };
  return order;
}

async function doFault(world, row, stage) {
  if (row.run) return await row.run(world);
  await row.before?.(world);
  if (stage === 'start') await row.strike(world);
  const build = await Build.start(world, {
    name: 'faulty',
    order: await orderFor(world, row, stage),
    spec: [...(row.spec ?? []), ...(row.mirror ? [`mirror: ${world.mirror.url}`] : [])],
    detached: row.detached,
    env: {
      ...(row.clock && { VAPP_CLOCK_JUMP: String(row.clock), jump: clock }),
      ...(row.smallCache && { XDG_CACHE_HOME: world.path('small-cache') }),
      ...(row.coldCache && { XDG_CACHE_HOME: world.path('cold-cache') }),
    },
  });
  try {
    if (row.strike && stage !== 'start') {
      await build.reach(stage, row.early);
      await row.strike(world, build, stage);
    }
    return { ...(await build.end()), id: build.id };
  } finally {
    if (!build.over) build.child.kill('SIGKILL');
  }
}

/** Whether vapp said why, left with a status that fits, and says of the build in `vapp builds` what became of it. */
async function judgeCause(world, { status, says, id }, expect) {
  if (!expect.status.includes(status) || !expect.says.test(says.trim()))
    return `status ${status}: ${says.trim().split('\n').slice(0, 6).join(' | ') || 'nothing was said'}`;
  const state = id && (await listed(world, id))?.state;
  return !id || stateFor(status, expect).includes(state) ? 'ok' : `vapp builds says that it is ${state}`;
}

const endings = { 0: 'done', 9: 'dead', 129: 'cancelled', 130: 'cancelled', 143: 'cancelled' };
const stateFor = (status, { states }) => states ?? [endings[status] ?? 'failed'];

const listed = async (world, id) => (await listBuilds(world)).find((one) => one.id === id);

/** What a build that was installed leaves to be resumed: its disk. */
async function resumable(world, id) {
  const build = await listed(world, id);
  return build?.resumable ? [`vapp-${id}.qcow2`] : [];
}

/**
 * What is still there after `vapp clean`, but what the build has to leave; autodestroy and a daemon that has just started get some
 * seconds.
 */
async function judgeLeaks(world, id) {
  let left;
  let cleaned;
  for (let tries = 0; tries < 10; tries++) {
    cleaned = await vapp(world, ['clean']);
    left = await world.remains();
    const volumes = await resumable(world, id);
    if (isDeepStrictEqual(left, { ...nothing, volumes }) && cleaned.exitCode === 0) return 'ok';
    await sleep(1000);
  }
  const what = Object.entries(left).flatMap(([kind, names]) =>
    names.length ? [`${kind}: ${names.join(', ')}`] : [],
  );
  return `${what.join('; ')}${cleaned.exitCode ? ` clean: ${cleaned.stderr.split('\n')[0]}` : ''}`;
}

/** `vapp resume` where the build says that it can be resumed, and the fault does not last, else a build anew; `quick`: without the trial boot. */
async function judgeSecond(world, id, { resume, quick }) {
  const name = resume ? 'faulty' : 'second';
  const { status, says } = resume ? await resumed(world, id, quick) : await anew(world, name, quick);
  // Whatever it found, the next pair begins with nothing left.
  if (!resume || status !== 0) await vapp(world, ['clean', '--resumable']);
  if (status !== 0) return `status ${status}: ${says.split('\n')[0]}`;
  const deleted = await vapp(world, ['delete', name]);
  if (deleted.exitCode !== 0) return `delete: ${deleted.stderr.split('\n')[0]}`;
  const left = await world.remains();
  return isDeepStrictEqual(left, nothing) ? 'ok' : `it left ${JSON.stringify(left)}`;
}

async function resumed(world, id, quick) {
  const { exitCode, stderr } = await vapp(world, ['resume', id], { order: { unverified: quick } });
  return { status: exitCode, says: stderr };
}

async function anew(world, name, quick) {
  const build = await Build.start(world, {
    name,
    order: { disk: world.disk, finished: true, unverified: quick },
  });
  return await build.end();
}

const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return `not judged: ${error.message.split('\n')[0]}`;
  }
};

/** The first line of its error, without what another run would have otherwise. */
function saidBy(world, { says = '', id } = {}) {
  const lines = says.split('\n');
  const line = lines.find((one) => one.startsWith('error:')) ?? lines[0];
  return line
    .replaceAll(world.root, '…')
    .replaceAll(id ?? '\n', 'ID')
    .replace(/\bhttp:\/\/[^/ ]+/, 'http://MIRROR');
}

/** One row in one stage. Each of `cause`, `leaks`, `others`, `second` is `ok` or what was found instead. */
export async function judge(world, row, stage, { quick }) {
  const before = await world.bystanders();
  const began = performance.now();
  let outcome;
  let id;
  const cause = await attempt(async () => {
    outcome = await doFault(world, row, stage);
    id = outcome.id;
    return await judgeCause(world, outcome, row.expectIn?.[stage] ?? row.expect);
  });
  await row.repair?.(world);
  // A build that went through in spite of the fault has made a template.
  if (outcome?.status === 0 || stage === 'publish') await vapp(world, ['delete', 'faulty']);
  for (const cache of ['small-cache', 'cold-cache'])
    await rm(world.path(cache, 'vapp'), { recursive: true, force: true });
  let revived = 0;
  const step = async (work) => {
    const found = await attempt(work);
    if (found === 'ok' || !row.mayKillDaemon || !(await world.reviveDaemon())) return found;
    revived++;
    return await attempt(work);
  };
  const leaks = await step(() => judgeLeaks(world, id));
  const resume = !row.lasting && id !== undefined && (await resumable(world, id)).length > 0;
  const others = await step(async () =>
    isDeepStrictEqual(await world.bystanders(), before) ? 'ok' : 'changed',
  );
  const second = await step(() => judgeSecond(world, id, { resume, quick }));
  return {
    fault: row.name,
    stage,
    cause,
    said: saidBy(world, outcome),
    leaks,
    others,
    resumed: resume,
    second,
    ...(revived > 0 && { revived }),
    seconds: Math.round((performance.now() - began) / 1000),
  };
}
