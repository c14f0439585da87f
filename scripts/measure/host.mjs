// What both runs share: the connection, the verified suites, the pool, a scope that removes everything again.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hypervisorFacts } from '../../dist/build/host/host.js';
import { probeKvm } from '../../dist/build/host/probe.js';
import { imageDirectory } from '../../dist/build/host/xml.js';
import { Scope } from '../../dist/build/records/scope.js';
import { newBuildId } from '../../dist/build/records/workspace.js';
import { openSuites } from '../../dist/build/stages/suites.js';
import { ensurePool, uploadFile } from '../../dist/build/storage.js';
import { connect } from '../../dist/libvirt/index.js';
import { cacheDirectory } from '../../dist/paths.js';
import { makePlan } from '../../dist/plan/index.js';
import { releases } from '../../dist/releases.js';
import { gatherSpecHost, parseSpec } from '../../dist/spec/index.js';
import { itemOf } from './ledger.mjs';

/** Aborted by Ctrl-C and its kin; the second one ends the process as usual. */
export function abortOnSignals() {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(name, () => stop.abort(new Error(`ended by ${name}`)));
  return stop.signal;
}

/** Lines for people go to standard error; standard output has the result. */
export function makeTeller() {
  const began = performance.now();
  return (text) =>
    process.stderr.write(`[${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s] ${text}\n`);
}

/** An Emit that tells notices and warnings, and phases when they change. */
export function tellEvents(say) {
  let last;
  return (event) => {
    if (event.type === 'notice' || event.type === 'warning') say(event.text);
    const item = itemOf(event);
    if (item === undefined || item === last) return;
    last = item;
    say(item);
  };
}

/**
 * Opens libvirt and the suites of the spec. `close` removes everything that the scope holds; with `keepLogs` the working
 * directory stays.
 */
export async function openHost({ uri, spec, signal, say }) {
  const id = newBuildId('bench');
  const directory = mkdtempSync(join(tmpdir(), 'vapp-bench-'));
  const emit = tellEvents(say);
  const scope = new Scope();
  const resolved = parseSpec(spec, readFileSync(spec, 'utf8'), gatherSpecHost(process.env));
  const release = releases[resolved.appliance.os];
  const connection = await connect(uri);
  const base = {
    id,
    directory,
    cache: cacheDirectory(),
    emit,
    scope,
    resolved,
    release,
    connection,
    signal,
    say,
  };
  const facts = await hypervisorFacts(connection);
  const pool = await ensurePool(connection, { name: 'default', directory: imageDirectory(facts), emit });
  return {
    ...base,
    facts,
    pool,
    spec,
    prefix: `vapp-bench-${id}`,
    suites: await openSuites(base),
    close: async ({ keepLogs }) => {
      await scope.close();
      await connection.close();
      if (keepLogs) say(`the logs are in ${directory}`);
      else rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Uploads a file as a volume of the run; gives its path on the libvirt host. */
export const uploadMedium = (host, name, file) =>
  uploadFile(host, { pool: host.pool, poolName: 'default', name: `${host.prefix}-${name}`, file });

/** The machine that a build would use on this host: engine, machine type, memory, processors. */
export async function planMachine(host, kernel) {
  const { facts, resolved } = host;
  const choice = resolved.appliance.hypervisor;
  const asks = facts.engines.kvm && (choice === 'auto' || choice === 'kvm');
  const kvm = asks ? await probeKvm(host, facts, kernel) : undefined;
  return makePlan(
    resolved.appliance,
    { ...facts, ...(kvm && { kvm }) },
    { build: host.id, name: host.prefix },
  );
}
