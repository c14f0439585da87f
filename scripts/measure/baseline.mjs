// The installation that vapp is measured against: the distribution's installer, kernel and components as they are, in a guest that
// virsh starts. From vapp it has the machine (QEMU, disk, two processors) and the package proxy, but nothing of its tuning.
import { join } from 'node:path';
import { createVolume } from '../../dist/build/storage.js';
import { volumeXml } from '../../dist/domain/index.js';
import { assembleInitrd, buildKit, fileType, writeCpio } from '../../dist/installer/index.js';
import { startProxy } from '../../dist/proxy/index.js';
import { ownAnswers, plainAnswers } from './answers.mjs';
import { guestXml } from './guest-xml.mjs';
import { planMachine, uploadMedium } from './host.mjs';
import { followInstaller } from './installer-run.mjs';
import { warmBaseline } from './warm.mjs';

/** What one types at the boot prompt for an unattended installation on a serial console. */
const cmdline = 'auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb console=ttyS0,115200 panic=-1';

/** Packages that the preseeds name; their dependencies follow. */
const named = ['linux-image-amd64', 'openssh-server', 'grub-pc', 'tasksel'];

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
  const measured = await followInstaller(host, kit, guest);
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

const preseedFor = ({ release, resolved }, answers, proxy) => {
  const { appliance } = resolved;
  if (answers === 'ours') return ownAnswers({ appliance, release, proxy });
  return plainAnswers({ mirror: appliance.mirror.replace(/^https:/, 'http:'), proxy });
};

async function createDisk({ pool, scope, resolved }, name) {
  const xml = volumeXml({ name, capacity: resolved.appliance.disk.size, format: 'qcow2' });
  const disk = await createVolume({ pool, poolName: 'default', scope, name }, xml);
  return await disk.path();
}

async function prepareGuest(host, kit, { answers, proxy }) {
  const name = `${host.prefix}-baseline`;
  const initrd = join(host.directory, 'initrd');
  await assembleInitrd(kit.initrd, [preseedPart(preseedFor(host, answers, proxy))], initrd);
  const kernel = await uploadMedium(host, 'kernel', kit.kernel);
  const { engine, emulator, machine, installer } = await planMachine(host, {
    path: kernel,
    version: kit.kernelVersion,
  });
  const diskName = `${name}.qcow2`;
  const xml = guestXml({
    ...{ name, engine, emulator, machine, kernel, cmdline },
    memory: installer.memory,
    vcpus: installer.vcpus,
    initrd: await uploadMedium(host, 'initrd', initrd),
    disk: { path: await createDisk(host, diskName), serial: 'target' },
    online: true,
  });
  return { name, xml, diskName };
}
