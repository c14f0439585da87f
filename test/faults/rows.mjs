// The fault matrix as data: what is done, in which stages, and what vapp must say then.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { otherRows } from './other-rows.mjs';

const all = ['prepare', 'install', 'bootloader', 'verify'];
const guests = ['install', 'bootloader', 'verify'];

/** A guest that waits to be disturbed. */
const waiting = { pause: 6 };
const lost = { status: [3], says: /CONNECTION_LOST/ };

const signal = (name, status) => ({
  name: `${name} of vapp`,
  stages: all,
  order: waiting,
  strike: async (_, build) => process.kill(await build.pid(), name),
  expect: { status: [status], says: new RegExp(`cancelled by ${name}`) },
});

const guestFault = (kind, stages, expect, more = {}, real = {}) => ({
  name: `guest: ${kind}`,
  stages,
  orderIn: (stage) => ({ fault: `${stage}:${kind}`, ...more }),
  // It is on the disk or in the finisher, and would come again.
  lasting: true,
  expect,
  real,
});

/** A file that takes all the space of a file system. */
async function fill(directory) {
  await execa('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=64k'], { reject: false });
}

/**
 * A second mount of a directory, which is read-only: what is open can still be written to, as after a change of permissions. The
 * file system itself cannot be made read-only while files are open.
 */
async function sealOff(directory) {
  for (;;) {
    await execa('mount', ['--bind', directory, directory]);
    try {
      return await execa('mount', ['-o', 'remount,bind,ro', directory]);
    } catch (error) {
      // A file was opened for writing between the two.
      await execa('umount', ['-l', directory]);
      if (!/busy/.test(error.stderr)) throw error;
      await sleep(50);
    }
  }
}

/** libvirt stops no pool in which a volume is being written. */
async function stopPool(world) {
  for (;;) {
    try {
      return await world.virsh('pool-destroy', 'images');
    } catch (error) {
      if (!/asynchronous jobs/.test(error.stderr)) throw error;
      await sleep(20);
    }
  }
}

const mirrorFault = (fault, o) => ({
  name: `mirror: ${fault}`,
  mirror: true,
  // A package that no build has fetched yet.
  spec: ['packages: [sl]'],
  before: (world) => {
    world.mirror.fault = fault;
  },
  repair: (world) => {
    world.mirror.fault = undefined;
  },
  ...o,
});

export const rows = [
  signal('SIGINT', 130),
  signal('SIGTERM', 143),
  signal('SIGHUP', 129),
  {
    name: 'SIGKILL of vapp',
    stages: [...all, 'publish'],
    order: waiting,
    strike: async (_, build) => process.kill(await build.pid(), 'SIGKILL'),
    // In the stage publish the template may be defined by then.
    expect: { status: [9, 0], says: /is dead|BUILD_DEAD| done$/ },
  },
  {
    name: 'SIGKILL of a detached build’s process',
    stages: all,
    order: waiting,
    detached: true,
    strike: async (_, build) => process.kill(await build.pid(), 'SIGKILL'),
    expect: { status: [9], says: /is dead|BUILD_DEAD/ },
  },
  {
    name: 'SIGKILL of libvirtd, started again',
    stages: all,
    order: waiting,
    strike: async (world) => {
      await world.signalDaemon('SIGKILL');
      await world.startDaemon();
    },
    expect: lost,
  },
  {
    name: 'restart of libvirtd',
    stages: all,
    order: waiting,
    strike: async (world) => {
      await world.signalDaemon('SIGTERM');
      await world.startDaemon();
    },
    expect: lost,
  },
  {
    name: 'SIGSTOP of libvirtd',
    stages: all,
    order: { pause: 60 },
    strike: async (world, build) => {
      await world.signalDaemon('SIGSTOP');
      // It must end while the daemon says nothing.
      const limit = sleep(180_000, undefined, { ref: false });
      const over = await Promise.race([build.child, limit]);
      if (!over) throw new Error('vapp waits for the daemon');
    },
    repair: (world) => world.signalDaemon('SIGCONT'),
    // libvirtd 9.0 corrupts its heap now and then when it goes on after a minute, and aborts at some later call.
    mayKillDaemon: true,
    expect: lost,
  },
  {
    name: 'kill -9 of the QEMU process',
    stages: guests,
    order: waiting,
    strike: async (_, build, stage) => process.kill(await build.guestPid(stage), 'SIGKILL'),
    expect: { status: [10], says: /BUILD_GUEST/ },
  },
  {
    name: 'virsh destroy of the guest',
    stages: guests,
    order: waiting,
    strike: (world, build, stage) => world.virsh('destroy', build.domain(stage)),
    expect: { status: [10], says: /BUILD_GUEST/ },
  },
  {
    // libvirt refuses that for a transient domain; what it does not refuse must be noticed.
    name: 'virsh undefine of the guest',
    stages: guests,
    order: waiting,
    strike: (world, build, stage) => world.virsh('undefine', build.domain(stage)).catch(() => undefined),
    expect: { status: [0], says: /^$/ },
  },
  {
    name: 'virsh vol-delete of the disk',
    stages: guests,
    order: waiting,
    strike: (world, build) => world.virsh('vol-delete', `vapp-${build.id}.qcow2`, 'images'),
    expect: { status: [10], says: /BUILD_VOLUME[\s\S]*vol-delete/ },
  },
  guestFault('panic', guests, { status: [5, 6, 7], says: /panic|INSTALLER_PANIC/i }),
  guestFault('poweroff', guests, { status: [5, 6, 7], says: /VANISHED|NO_END|the guest ended: shutdown/ }),
  guestFault('hang', guests, { status: [5, 6, 7], says: /STUCK|SLOW|have passed/ }, { patience: 0.08 }),
  guestFault(
    'spin',
    ['install'],
    { status: [5], says: /only computed/ },
    { patience: 0.015 },
    {
      // A real kernel and its installer compute for longer before they say something.
      orderIn: () => ({ fault: 'install:spin', patience: 0.03 }),
    },
  ),
  guestFault(
    'chatter',
    guests,
    { status: [5, 6, 7], says: /only wrote lines|SLOW|have passed/ },
    { patience: 0.05 },
  ),
  guestFault(
    'question',
    ['install'],
    { status: [5], says: /INSTALLER_QUESTION.*|get_hostname/ },
    {},
    {
      orderIn: undefined,
      spec: ["preseed: ['d-i passwd/root-password-crypted password ']"],
      expect: { status: [5], says: /INSTALLER_QUESTION/ },
    },
  ),
  // The real installer's own errors are those of the mirror, below.
  guestFault('error', ['install'], { status: [5], says: /Bad archive mirror/ }, {}, { stages: [] }),
  guestFault('degraded', ['verify'], { status: [7], says: /VERIFY_SYSTEM[\s\S]*stand-in\.service/ }),
  {
    name: 'disk full: the pool',
    stages: all,
    order: waiting,
    early: true,
    strike: (world) => fill(world.path('images')),
    repair: (world) => rm(world.path('images/filler'), { force: true }),
    expect: { status: [1, 3, 5, 6, 7], says: /no space( is)? left|pool images is full/i },
    // What the finisher writes may find room in clusters that its image has already, as after fstrim.
    expectIn: { bootloader: { status: [0, 6], says: /^$|no space( is)? left/i } },
  },
  {
    name: 'disk full: the state directory',
    stages: ['start', ...all],
    order: waiting,
    strike: (world) => fill(world.path('state')),
    repair: (world) => rm(world.path('state/filler'), { force: true }),
    // Its end may not find room in the journal either: the build is dead then, and vapp clean knows what it left.
    expect: { status: [0, 1, 3], says: /no space( is)? left|^$/i, states: ['done', 'failed', 'dead'] },
  },
  {
    name: 'disk full: the cache',
    stages: ['prepare'],
    mirror: true,
    spec: ['packages: [sl]'],
    smallCache: true,
    expect: { status: [3], says: /no space( is)? left/i },
  },
  {
    name: 'state directory unwritable',
    stages: ['start', ...all],
    order: waiting,
    strike: (world) => sealOff(world.path('state')),
    repair: (world) => execa('umount', ['-l', world.path('state')]),
    expect: { status: [3], says: /read-only/ },
  },
  {
    name: 'pool stopped',
    stages: all,
    order: waiting,
    strike: stopPool,
    repair: (world) => world.virsh('pool-start', 'images'),
    expect: { status: [3, 10], says: /pool/ },
  },
  {
    name: 'pool removed',
    stages: all,
    order: waiting,
    strike: async (world) => {
      await stopPool(world);
      await world.virsh('pool-undefine', 'images');
    },
    repair: (world) => world.makePool('images'),
    expect: { status: [3, 10], says: /pool/ },
  },
  mirrorFault('down', { stages: ['prepare'], expect: { status: [4], says: /UNREACHABLE/ } }),
  mirrorFault('slow', { stages: ['prepare'], finished: true, expect: { status: [0], says: /^$/ } }),
  // What is in the cache is not asked for.
  ...[
    ['cut', /TRUNCATED/],
    ['stale', /WRONG_|HASH|SIZE/],
    ['changed', /WRONG_HASH/],
  ].map(([fault, says]) =>
    mirrorFault(fault, { stages: ['prepare'], coldCache: true, expect: { status: [4], says } }),
  ),
  {
    // Well signed, and older than what was seen of it before.
    name: 'mirror: of yesterday',
    stages: ['start'],
    strike: (world) => remember(world, 1),
    repair: (world) => remember(world, -1),
    expect: { status: [4], says: /DOWNGRADED/ },
  },
  ...['down', 'cut', 'changed'].map((fault) =>
    mirrorFault(fault, {
      name: `mirror: ${fault}, asked by the guest`,
      stages: ['install'],
      spec: [],
      // In the index of every build, but not fetched before a guest asks for it.
      fetch: 'eject',
      order: waiting,
      before: undefined,
      strike: (world) => {
        world.mirror.fault = fault;
      },
      // All that the real installer asks for by itself has been fetched before.
      real: { fetch: undefined, spec: ["run: ['apt-get update && apt-get install -y sl']"] },
      expect: { status: [5], says: /does not give pool\/[\s\S]*mirror|127\.0\.0\.1/ },
    }),
  ),
  ...['finishers', 'kits', 'base', 'sha256', 'repacked', 'suites', 'fresh'].map((part) => ({
    name: `cache file corrupted: ${part}`,
    stages: ['start'],
    finished: part !== 'finishers',
    strike: (world) => corrupt(world, part),
    expect: { status: [0], says: /^$/ },
  })),
  ...[1, -1].map((sign) => ({
    name: `clock jump of vapp’s process: ${sign > 0 ? 'a day ahead' : 'a day back'}`,
    stages: guests,
    order: waiting,
    clock: sign * 86_400,
    expect: { status: [0], says: /^$/ },
  })),
  ...otherRows,
];

/** Moves the dates of the newest state that was seen of each mirror, by days. */
async function remember(world, days) {
  const root = world.path('cache/vapp/suites');
  for (const name of (await readdir(root)).filter((one) => one.endsWith('.json'))) {
    const file = join(root, name);
    const memory = JSON.parse(await readFile(file, 'utf8'));
    await world.unshare(file);
    const date = new Date(Date.parse(memory.date) + days * 86_400_000).toISOString();
    await writeFile(file, JSON.stringify({ ...memory, date }));
  }
}

/** Writes rubbish into the middle of those files of a part of the cache that were used last. */
async function corrupt(world, part) {
  const root = world.path('cache/vapp', part);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const used = await Promise.all(files.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  for (const { path } of used.sort((a, b) => b.at - a.at).slice(0, 40)) {
    await world.unshare(path);
    await execa('dd', ['if=/dev/urandom', `of=${path}`, 'bs=64', 'count=1', 'seek=1', 'conv=notrunc'], {
      reject: false,
    });
  }
}
