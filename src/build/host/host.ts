import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poolType } from '../../domain/index.js';
import { type Connection, isConnectionLost, LibvirtError, type Pool } from '../../libvirt/index.js';
import { stateDirectory } from '../../paths.js';
import { isRemote, readHypervisorFacts } from '../../plan/index.js';
import type { HypervisorFacts } from '../../plan/plan.js';
import { writeOwnWhole } from '../../whole-file.js';

/** The outcome of a KVM probe, as remembered. */
export interface ProbeRecord {
  /** As `probedHost` names it. */
  host: string;
  works: boolean;
  reason: string;
  /** Kernel that was booted. */
  kernel: string;
  /** ISO 8601. */
  at: string;
  /** The kernel said nothing: that counts for a day. */
  silent?: boolean;
  /** No guest could be started, for want of permission or memory, say: it is told, and the next build tries again. */
  again?: boolean;
}

/** Milliseconds for which a kernel's silence is believed: the host may have been busy. */
const silenceCounts = 24 * 3_600_000;

/** What the host offers, with what an earlier probe found out. */
export async function hypervisorFacts(connection: Connection): Promise<HypervisorFacts> {
  const facts = readHypervisorFacts({
    uri: connection.uri,
    driver: connection.driver(),
    capabilities: await connection.capabilities(),
    domainCapabilities: await emulationCapabilities(connection),
    pools: await poolFacts(await connection.listPools()),
    networks: await namesAndStates(await connection.listNetworks()),
    uid: process.getuid?.() ?? 0,
  });
  const probe = recallProbe(await probedHost(connection));
  return { ...facts, ...(probe && { kvm: outcomeOf(probe) }) };
}

const outcomeOf = ({ works, reason, again }: ProbeRecord): HypervisorFacts['kvm'] => ({
  works,
  reason,
  ...(again && { again }),
});

/** What QEMU can do there. A host without it, or with a libvirt that cannot say, is none the worse. */
async function emulationCapabilities(connection: Connection): Promise<string[]> {
  if (connection.driver() !== 'QEMU') return [];
  try {
    return [await connection.domainCapabilities({ arch: 'x86_64', virttype: 'qemu' })];
  } catch (error) {
    if (!(error instanceof LibvirtError) || isConnectionLost(error)) throw error;
    return [];
  }
}

async function namesAndStates(
  objects: readonly { name: string; isActive(): Promise<boolean> }[],
): Promise<{ name: string; active: boolean }[]> {
  return await Promise.all(
    objects.map(async (object) => ({ name: object.name, active: await object.isActive() })),
  );
}

async function poolFacts(pools: readonly Pool[]): Promise<HypervisorFacts['pools']> {
  return await Promise.all(
    pools.map(async (pool) => {
      const [active, type] = await Promise.all([pool.isActive(), pool.xml().then(poolType)]);
      return { name: pool.name, active, ...(type !== undefined && { type }) };
    }),
  );
}

/** The name under which a host's probe is remembered. Elsewhere there may be namesakes of this machine. */
export async function probedHost(connection: Connection): Promise<string> {
  const name = await connection.hostname();
  const [, authority = ''] = /:\/\/(?:[^@/?]*@)?([^/?]*)/.exec(connection.uri) ?? [];
  return isRemote(connection.uri) ? `${name} at ${authority}` : name;
}

/** Where outcomes of the KVM probe are remembered; a host without a record is tried anew. */
export const probesFile = (): string => join(stateDirectory(), 'kvm-probes.json');

function readProbes(): ProbeRecord[] {
  try {
    const records: unknown = JSON.parse(readFileSync(probesFile(), 'utf8'));
    return Array.isArray(records) ? (records as ProbeRecord[]) : [];
  } catch {
    return [];
  }
}

/** The last probe on a host that still counts: of any kernel, to tell; of the kernel given, to spare another. */
export function recallProbe(host: string, kernel?: string): ProbeRecord | undefined {
  const last = readProbes()
    .filter((probe) => probe.host === host && (kernel === undefined || probe.kernel === kernel))
    .at(-1);
  if (last?.silent && Date.now() - Date.parse(last.at) > silenceCounts) return undefined;
  return last?.again && kernel !== undefined ? undefined : last;
}

/** It takes the place of an earlier one of the same host and kernel. */
export function rememberProbe(probe: ProbeRecord): void {
  const others = readProbes().filter(({ host, kernel }) => host !== probe.host || kernel !== probe.kernel);
  mkdirSync(stateDirectory(), { recursive: true, mode: 0o700 });
  writeOwnWhole(probesFile(), JSON.stringify([...others, probe], null, 2));
}
