// Asks the system on a disk what it consists of: in a guest, so that nothing of it is mounted or run on the host.
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildFinisherInitrd, finisherKernelArguments } from '../../dist/bootloader/index.js';
import { startGuest } from '../../dist/build/guest/guest.js';
import { assembleInitrd, buildKit, fileType, writeCpio } from '../../dist/installer/index.js';
import { guestXml } from '../measure/guest-xml.mjs';
import { planMachine, uploadMedium } from '../measure/host.mjs';
import { unwrap } from './port.mjs';

const memory = 1024 ** 3;
/** Seconds on hardware virtualisation. */
const limit = 120;

/** The finisher's initrd with another first process. Uploads it with the kit's kernel; gives what a guest needs. */
export async function prepareAsking(host) {
  const { suites, release, cache, emit, signal, directory } = host;
  const [suite] = suites;
  const kit = await buildKit({ suite, release, cache, emit, signal });
  const finisher = await buildFinisherInitrd({
    suite,
    kernelVersion: kit.kernelVersion,
    cache,
    emit,
    signal,
  });
  const init = await readFile(new URL('inventory-init', import.meta.url));
  const part = writeCpio([
    { path: 'vapp', mode: fileType.directory | 0o755 },
    { path: 'vapp/init', mode: fileType.file | 0o755, data: init },
  ]);
  const file = join(directory, 'inventory-initrd');
  await assembleInitrd(finisher.path, [part], file);
  const kernel = await uploadMedium(host, 'kernel', kit.kernel);
  const plan = await planMachine(host, { path: kernel, version: kit.kernelVersion });
  return { plan, kernel, initrd: await uploadMedium(host, 'initrd', file) };
}

/** Files of qcow2 images begin so: the format's specification, docs/interop/qcow2.txt of QEMU. */
const isQcow2 = async (file) => {
  const handle = await open(file);
  try {
    return (await handle.read(Buffer.alloc(4), 0, 4, 0)).buffer.toString('latin1') === 'QFI\xfb';
  } finally {
    await handle.close();
  }
};

/** The packed answers of the system on the disk image `file`, of which a copy is uploaded. `label`: `first` or `second`. */
export async function ask(host, { plan, kernel, initrd }, { file, label }) {
  const name = `${host.prefix}-${label}`;
  const format = (await isQcow2(file)) ? 'qcow2' : 'raw';
  const path = await uploadMedium(host, `${label}.${format}`, file);
  const xml = guestXml({
    name,
    engine: plan.engine,
    emulator: plan.emulator,
    machine: plan.machine,
    memory,
    vcpus: 1,
    kernel,
    initrd,
    cmdline: finisherKernelArguments.join(' '),
    disk: { path, format, serial: 'target', readOnly: true },
  });
  const said = { serial0: '', serial1: [] };
  const guest = await startGuest({
    connection: host.connection,
    scope: host.scope,
    name,
    xml,
    autodestroy: true,
    channels: [
      { device: 'serial0', onData: (chunk) => (said.serial0 += chunk.toString('latin1')) },
      { device: 'serial1', onData: (chunk) => said.serial1.push(chunk) },
    ],
  });
  const end = await guest.ended(
    AbortSignal.any([host.signal, AbortSignal.timeout(limit * plan.timeScale * 1000)]),
  );
  host.signal.throwIfAborted();
  await guest.end();
  const port = Buffer.concat(said.serial1).toString('latin1');
  await writeFile(join(host.directory, `${label}.console`), said.serial0);
  await writeFile(join(host.directory, `${label}.port`), port);
  if (end === 'aborted') throw new Error(`the guest that looks at ${file} did not end in time`);
  return unwrap(port);
}
