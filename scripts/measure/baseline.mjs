// The installation that vapp is measured against: the distribution's installer, kernel and components as they are, in a guest that
// virsh starts. From vapp it has the machine (QEMU, disk, two processors) and the package proxy, but nothing of its tuning.
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { destroyDomain, watchStop } from '../../dist/build/guest-end.js';
import { createVolume } from '../../dist/build/storage.js';
import { deferred } from '../../dist/deferred.js';
import { volumeXml } from '../../dist/domain/index.js';
import { assembleInitrd, buildKit, fileType, writeCpio } from '../../dist/installer/index.js';
import { phases } from '../../dist/installer/phases.js';
import { createProgress } from '../../dist/installer/progress.js';
import { stopError } from '../../dist/installer/stop.js';
import { startProxy } from '../../dist/proxy/index.js';
import { ownAnswers, plainAnswers } from './answers.mjs';
import { guestXml } from './guest-xml.mjs';
import { planMachine, uploadMedium } from './host.mjs';
import { itemOf, Ledger } from './ledger.mjs';
import { GuestMeter } from './process.mjs';
import { warmBaseline } from './warm.mjs';

/** What one types at the boot prompt for an unattended installation on a serial console. */
const cmdline = 'auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb console=ttyS0,115200 panic=-1';

/** Packages that the preseeds name; their dependencies follow. */
const named = ['linux-image-amd64', 'openssh-server', 'grub-pc', 'tasksel'];

const sampleMilliseconds = 250;

/** Address of this host in QEMU's user network. */
const hostInGuest = '10.0.2.2';

/**
 * Runs it to its end. `answers`: `plain` (scripts/bench-baseline.cfg) or `ours` (vapp's own preseed for the spec).
 * Gives { cpu, wall, rows, downloads, diskName }; seconds, from `virsh create` to the end of the guest.
 */
export async function runBaseline(host, { answers }) {
  const { cache, emit, signal, release } = host;
  const kit = await buildKit({ suite: host.suites[0], release, cache, emit, signal, variant: 'plain' });
  host.say('baseline: fetching what it will ask for');
  await warmBaseline(host, named);
  const proxy = await openProxy(host);
  const guest = await prepareGuest(host, kit, { answers, proxy: `http://${hostInGuest}:${proxy.port}` });
  const measured = await measure(host, kit, guest);
  const { misses, bytesIn } = proxy.stats();
  return { ...measured, answers, downloads: { files: misses, bytes: bytesIn }, diskName: guest.diskName };
}

/** The package proxy as a plain one: every file of the verified suites, from the cache where it is there. */
async function openProxy({ suites, cache, emit, scope, resolved }) {
  const mirrors = [...new Set(suites.map(({ mirror }) => mirror))];
  const proxy = await startProxy({
    listen: { host: '127.0.0.1' },
    upstreams: mirrors.map((mirror) => ({
      uri: mirror.replace(/^https:/, 'http:'),
      source: mirror,
      suites: suites.filter((suite) => suite.mirror === mirror),
    })),
    cache,
    emit,
    ...(resolved.appliance.proxy && { parent: resolved.appliance.proxy }),
  });
  scope.defer('the package proxy', () => proxy.close());
  return proxy;
}

const preseedPart = (preseed) =>
  writeCpio([{ path: 'preseed.cfg', mode: fileType.file | 0o600, data: Buffer.from(preseed) }]);

async function prepareGuest(host, kit, { answers, proxy }) {
  const { directory, release, resolved, pool, scope, prefix } = host;
  const { appliance } = resolved;
  const preseed =
    answers === 'ours'
      ? ownAnswers({ appliance, release, proxy })
      : plainAnswers({ mirror: appliance.mirror.replace(/^https:/, 'http:'), proxy });
  const initrd = join(directory, 'initrd');
  await assembleInitrd(kit.initrd, [preseedPart(preseed)], initrd);
  const kernelPath = await uploadMedium(host, 'kernel', kit.kernel);
  const plan = await planMachine(host, { path: kernelPath, version: kit.kernelVersion });
  const diskName = `${prefix}-baseline.qcow2`;
  const disk = await createVolume(
    { pool, poolName: 'default', scope, name: diskName },
    volumeXml({ name: diskName, capacity: appliance.disk.size, format: 'qcow2' }),
  );
  const name = `${prefix}-baseline`;
  const xml = guestXml({
    name,
    engine: plan.engine,
    emulator: plan.emulator,
    machine: plan.machine,
    memory: plan.installer.memory,
    vcpus: plan.installer.vcpus,
    kernel: kernelPath,
    initrd: await uploadMedium(host, 'initrd', initrd),
    cmdline,
    disk: { path: await disk.path(), serial: 'target' },
    online: true,
  });
  return { name, xml, diskName };
}

/** Starts the guest with its consoles open before its first instruction, and follows it to its end. */
async function measure(host, kit, { name, xml }) {
  const { connection, scope, directory, signal, emit } = host;
  const meter = new GuestMeter((guest) => guest === name);
  const ledger = new Ledger();
  const halted = deferred();
  let last;
  let began = performance.now();
  const now = () => {
    meter.sample();
    return { wall: (performance.now() - began) / 1000, cpu: meter.seconds() };
  };
  const stopped = watchStop(connection, name);
  const file = join(directory, 'baseline.xml');
  writeFileSync(file, xml);
  await scope.acquire(
    { kind: 'domain', name },
    () => virsh(host, 'create', '--paused', file),
    async () => {
      stopped.forget();
      await destroyDomain(connection, name);
    },
  );
  began = performance.now();
  const progress = createProgress({
    templates: kit.templates,
    onQuestion: (stop) => halted.reject(stopError(stop)),
    emit: (event) => {
      const item = itemOf(event);
      if (item === undefined || item === last) return;
      last = item;
      ledger.mark(item, now());
      emit(event);
    },
  });
  await openConsoles(host, name, progress, now);
  const sampler = setInterval(() => meter.sample(), sampleMilliseconds);
  const ticker = setInterval(() => progress.tick(), 1000);
  try {
    await virsh(host, 'resume', name);
    const reason = await Promise.race([stopped.promise, halted.promise, aborted(signal)]);
    const end = now();
    ledger.close(end);
    if (reason !== 'shutdown' || last !== phases.at(-1).name)
      throw new Error(`the baseline ended (${reason}) while it was ${progress.doing}`);
    return { ...end, rows: ledger.rows };
  } finally {
    clearInterval(sampler);
    clearInterval(ticker);
    await scope.release({ kind: 'domain', name });
  }
}

const virsh = ({ connection }, ...args) =>
  execa('virsh', ['-c', connection.uri, ...args], { env: { LC_ALL: 'C' } });

async function openConsoles({ connection, directory }, name, progress, now) {
  const domain = await connection.lookupDomain(name);
  const console = await domain.openConsole('serial0');
  const syslog = await domain.openConsole('serial1');
  const consoleLog = createWriteStream(join(directory, 'console.log'));
  const syslogLog = createWriteStream(join(directory, 'syslog.stamped'));
  console.on('data', (chunk) => {
    consoleLog.write(chunk);
    progress.console(chunk);
  });
  syslog.on('data', (chunk) => {
    const { wall, cpu } = now();
    syslogLog.write(
      `${wall.toFixed(1).padStart(8)} ${cpu.toFixed(2).padStart(9)} ${chunk.toString('latin1')}`,
    );
    progress.syslog(chunk);
  });
  // The end of the guest is told by libvirt's event.
  for (const stream of [console, syslog]) stream.on('error', () => undefined);
}

const aborted = (signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
