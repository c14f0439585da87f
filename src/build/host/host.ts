import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poolType } from '../../domain/index.js';
import type { Connection, Pool } from '../../libvirt/index.js';
import { stateDirectory } from '../../paths.js';
import { isRemote, readHypervisorFacts } from '../../plan/index.js';
import type { HypervisorFacts } from '../../plan/plan.js';
import { writeOwnWhole } from '../../whole-file.js';

/** The outcome of a KVM probe, as remembered. */
export interface ProbeRecord {
  works: boolean;
  reason: string;
  /** Kernel that was booted. */
  kernel: string;
  /** ISO 8601. */
  at: string;
  /** The kernel said nothing: that counts for a day. */
  silent?: boolean;
}

/** Milliseconds for which a kernel's silence is believed: the host may have been busy. */
const silenceCounts = 24 * 3_600_000;

/** What the host offers, with what an earlier probe found out. */
export async function hypervisorFacts(connection: Connection): Promise<HypervisorFacts> {
  const facts = readHypervisorFacts({
    uri: connection.uri,
    driver: connection.driver(),
    capabilities: await connection.capabilities(),
    pools: await poolFacts(await connection.listPools()),
    networks: await namesAndStates(await connection.listNetworks()),
    uid: process.getuid?.() ?? 0,
  });
  const probe = recallProbe(await probedHost(connection));
  return { ...facts, ...(probe && { kvm: { works: probe.works, reason: probe.reason } }) };
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

function readProbes(): Record<string, ProbeRecord> {
  try {
    return JSON.parse(readFileSync(probesFile(), 'utf8')) as Record<string, ProbeRecord>;
  } catch {
    return {};
  }
}

/** The last probe on a host that still counts, of the kernel given, else of any. */
export function recallProbe(host: string, kernel?: string): ProbeRecord | undefined {
  const probe = readProbes()[host];
  if (probe?.silent && Date.now() - Date.parse(probe.at) > silenceCounts) return undefined;
  return kernel === undefined || probe?.kernel === kernel ? probe : undefined;
}

export function rememberProbe(host: string, probe: ProbeRecord): void {
  mkdirSync(stateDirectory(), { recursive: true, mode: 0o700 });
  writeOwnWhole(probesFile(), JSON.stringify({ ...readProbes(), [host]: probe }, null, 2));
}
