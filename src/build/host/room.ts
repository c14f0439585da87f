import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import { buildPrefix, type Room, roomOf } from '../../plan/index.js';
import { hypervisorFacts } from './host.js';

/** The share of a host that a dom0 of a fixed size has at most; one with more gives it to guests as they start (autoballoon of xl.conf(5)). */
const mostOfFixedDom0 = 0.5;

/** What builds may take of a host together. Xen promises no memory twice: what dom0 and other guests have is not for builds. */
export async function roomOnHost(connection: Connection): Promise<Room> {
  const facts = await hypervisorFacts(connection);
  const room = roomOf(facts);
  if (facts.driver !== 'Xen' || room.memory === undefined || facts.hostMemory === undefined) return room;
  const taken = await takenByOthers(connection, facts.hostMemory);
  return { ...room, memory: Math.min(room.memory, facts.hostMemory - taken) };
}

async function takenByOthers(connection: Connection, hostMemory: number): Promise<number> {
  let taken = 0;
  for (const domain of await connection.listDomains()) {
    if (domain.name.startsWith(buildPrefix)) continue;
    // It may end at this moment.
    const info = await domain.info().catch((error: unknown) => {
      if (isConnectionLost(error)) throw error;
      return undefined;
    });
    if (info === undefined || info.state === 'shutoff') continue;
    const balloons = domain.name === 'Domain-0' && info.memory > hostMemory * mostOfFixedDom0;
    if (!balloons) taken += info.memory;
  }
  return taken;
}
