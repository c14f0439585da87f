import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { destroyDomain, watchStop } from '../../dist/build/guest/guest-end.js';
import { deferred } from '../../dist/deferred.js';
import { phases } from '../../dist/installer/phases.js';
import { createProgress } from '../../dist/installer/progress.js';
import { stopError } from '../../dist/installer/stop.js';
import { itemOf } from './ledger.mjs';
import { Measurement } from './measurement.mjs';

const virsh = ({ connection }, ...args) =>
  execa('virsh', ['-c', connection.uri, ...args], { env: { LC_ALL: 'C' } });

/**
 * Starts an installer guest with virsh, its consoles open before its first instruction, and follows it to its end. A question that
 * nobody answers ends it with an error. Gives { cpu, wall, rows }.
 */
export async function followInstaller(host, kit, { name, xml }) {
  const stopped = watchStop(host.connection, name);
  await createGuest(host, { name, xml, stopped });
  const measurement = new Measurement((guest) => guest === name);
  const halted = deferred();
  measurement.start();
  const progress = createProgress({
    templates: kit.templates,
    onQuestion: (stop) => halted.reject(stopError(stop)),
    emit: (event) => {
      if (measurement.charge(itemOf(event))) host.emit(event);
    },
  });
  const ticker = setInterval(() => progress.tick(), 1000);
  try {
    await openConsoles(host, name, { progress, measurement });
    await virsh(host, 'resume', name);
    const reason = await Promise.race([stopped.promise, halted.promise, aborted(host.signal)]);
    if (reason !== 'shutdown' || measurement.item !== phases.at(-1).name)
      throw new Error(`the baseline ended (${reason}) while it was ${progress.doing}`);
    return measurement.finish();
  } finally {
    measurement.stop();
    clearInterval(ticker);
    await host.scope.release({ kind: 'domain', name });
  }
}

async function createGuest(host, { name, xml, stopped }) {
  const { connection, scope, directory } = host;
  const file = join(directory, 'baseline.xml');
  writeFileSync(file, xml);
  const create = () => virsh(host, 'create', '--paused', file);
  await scope.acquire({ kind: 'domain', name }, create, async () => {
    stopped.forget();
    await destroyDomain(connection, name);
  });
}

/** What comes out of them is kept in the run's directory; each piece of the log with the clock and the CPU counter. */
async function openConsoles({ connection, directory }, name, { progress, measurement }) {
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
    const { wall, cpu } = measurement.now();
    syslogLog.write(`${wall.toFixed(1).padStart(8)} ${cpu.toFixed(2).padStart(9)} `);
    syslogLog.write(chunk);
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
