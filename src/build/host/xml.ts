import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseStringPromise } from 'xml2js';
import type { Connection } from '../../libvirt/index.js';
import type { HypervisorFacts } from '../../plan/plan.js';

/**
 * Where libvirt's own tools keep images: virt-manager's choice for both kinds of connection. Undefined for a session
 * on another machine, whose user's home nobody tells.
 */
export function imageDirectory(facts: Pick<HypervisorFacts, 'privileged' | 'remote'>): string | undefined {
  if (facts.privileged) return '/var/lib/libvirt/images';
  return facts.remote ? undefined : join(homedir(), '.local/share/libvirt/images');
}

interface PoolXml {
  pool?: { target?: { path?: string[] }[] };
}

/** Directory of a storage pool on the libvirt host; undefined for a pool that does not exist or has none. */
export async function poolDirectory(connection: Connection, name: string): Promise<string | undefined> {
  const pool = await connection.lookupPool(name);
  if (!pool) return undefined;
  const xml = (await parseStringPromise(await pool.xml())) as PoolXml;
  return xml.pool?.target?.[0]?.path?.[0];
}

interface NetworkXml {
  network?: { ip?: { $?: { address?: string; family?: string } }[] };
}

/** The host's IPv4 address in a libvirt network; undefined when the network is unknown or isolated from the host. */
export async function networkGateway(connection: Connection, name: string): Promise<string | undefined> {
  const network = await connection.lookupNetwork(name);
  if (!network) return undefined;
  const xml = (await parseStringPromise(await network.xml())) as NetworkXml;
  return xml.network?.ip?.find(({ $ }) => $?.family !== 'ipv6')?.$?.address;
}
