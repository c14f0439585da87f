import { constants as c, type DomainState, domainStates, nameOf } from '../constants.js';
import type { Native } from '../native.js';
import type { Cell, Pointer } from '../signature.js';
import { type ObjectRecord, readStruct, readUuid, takeArray, toNumbers } from './objects.js';
import { readBlocking } from './stream.js';
import { type ParameterValue, readTypedParameters } from './typed-parameters.js';

type Connect = Pointer<'Connect'>;
type Domain = Pointer<'Domain'>;

export interface DomainRecord extends ObjectRecord<'Domain'> {
  /** Only while it runs. */
  id?: number;
}

/** Memory in bytes, cpuTime in nanoseconds of all CPUs together. */
export interface DomainInfo {
  state: DomainState;
  maxMemory: number;
  memory: number;
  cpus: number;
  cpuTime: number;
}

/** Counters since the domain started; what a driver cannot count is -1. */
export interface BlockStats {
  readRequests: number;
  readBytes: number;
  writeRequests: number;
  writeBytes: number;
}

/** Counters since the domain started, as the host's side sees them; what a driver cannot count is -1. */
export interface InterfaceStats {
  rxBytes: number;
  rxPackets: number;
  txBytes: number;
  txPackets: number;
}

interface StatsRecord {
  params: bigint | null;
  nparams: number;
}

// virDomainGetID gives -1 as an unsigned int for a domain that does not run.
const noId = 0xffff_ffff;

function describe(n: Native, pointer: Domain): DomainRecord {
  const id = n.raw('virDomainGetID', pointer);
  return {
    pointer,
    name: n.call('virDomainGetName', pointer),
    uuid: readUuid(n, 'virDomainGetUUIDString', pointer),
    ...(id !== noId && { id }),
  };
}

function readStats(
  n: Native,
  api: 'virDomainBlockStats' | 'virDomainInterfaceStats',
  domain: Domain,
  device: string,
): Record<string, number> {
  const struct: Record<string, number> = {};
  n.call(api, domain, device, struct, n.koffi.sizeof(`${api}Struct`));
  return toNumbers(struct);
}

export const domainOperations = {
  lookupDomain: (n: Native, connect: Connect, name: string) =>
    describe(n, n.call('virDomainLookupByName', connect, name)),
  lookupDomainByUuid: (n: Native, connect: Connect, uuid: string) =>
    describe(n, n.call('virDomainLookupByUUIDString', connect, uuid)),
  defineDomain: (n: Native, connect: Connect, xml: string, flags: number) =>
    describe(n, n.call('virDomainDefineXMLFlags', connect, xml, flags)),
  createDomain: (n: Native, connect: Connect, xml: string, flags: number) =>
    describe(n, n.call('virDomainCreateXML', connect, xml, flags)),

  listDomains(n: Native, connect: Connect): DomainRecord[] {
    const cell: Cell<bigint | null> = [null];
    const count = n.call('virConnectListAllDomains', connect, cell, 0);
    return takeArray<'Domain'>(n, cell, count).map((pointer) => describe(n, pointer));
  },

  domainState(n: Native, domain: Domain): DomainState {
    const state: Cell<number | bigint> = [0];
    n.call('virDomainGetState', domain, state, [0], 0);
    return nameOf(domainStates, state[0]);
  },

  domainInfo(n: Native, domain: Domain): DomainInfo {
    const info = readStruct(n, 'virDomainGetInfo', domain) as Record<
      'state' | 'maxMem' | 'memory' | 'nrVirtCpu' | 'cpuTime',
      number
    >;
    return {
      state: nameOf(domainStates, info.state),
      maxMemory: info.maxMem * 1024,
      memory: info.memory * 1024,
      cpus: info.nrVirtCpu,
      cpuTime: info.cpuTime,
    };
  },

  blockStats(n: Native, domain: Domain, target: string): BlockStats {
    const s = readStats(n, 'virDomainBlockStats', domain, target);
    return {
      readRequests: s.rd_req ?? 0,
      readBytes: s.rd_bytes ?? 0,
      writeRequests: s.wr_req ?? 0,
      writeBytes: s.wr_bytes ?? 0,
    };
  },

  interfaceStats(n: Native, domain: Domain, device: string): InterfaceStats {
    const s = readStats(n, 'virDomainInterfaceStats', domain, device);
    return {
      rxBytes: s.rx_bytes ?? 0,
      rxPackets: s.rx_packets ?? 0,
      txBytes: s.tx_bytes ?? 0,
      txPackets: s.tx_packets ?? 0,
    };
  },

  allStats(n: Native, domain: Domain, groups: number): Record<string, ParameterValue> {
    const list = BigUint64Array.of(domain, 0n);
    const cell: Cell<bigint | null> = [null];
    const count = n.call('virDomainListGetStats', list, groups, cell, 0);
    const [records] = cell;
    if (!records) return {};
    try {
      const [address] = count > 0 ? (n.koffi.decode(records, 'void *', 1) as bigint[]) : [];
      if (!address) return {};
      const { params, nparams } = n.koffi.decode(address, 'virDomainStatsRecord') as StatsRecord;
      return readTypedParameters(n, params ?? 0n, nparams);
    } finally {
      n.raw('virDomainStatsRecordListFree', records);
    }
  },

  screenshot(n: Native, connect: Connect, domain: Domain): { mime: string; data: Uint8Array } {
    let mime = '';
    const data = readBlocking(n, connect, (stream) => {
      mime = n.call('virDomainScreenshot', domain, stream, 0, 0);
    });
    return { mime, data };
  },

  sendKey(n: Native, domain: Domain, codes: readonly number[], milliseconds: number): void {
    const keys = Uint32Array.from(codes);
    n.call('virDomainSendKey', domain, c.VIR_KEYCODE_SET_LINUX, milliseconds, keys, keys.length, 0);
  },

  qemuMonitor(n: Native, domain: Domain, command: string, flags: number): string {
    const cell: Cell<bigint | null> = [null];
    n.call('virDomainQemuMonitorCommand', domain, command, cell, flags);
    if (!cell[0]) return '';
    const reply = n.koffi.decode.string(cell[0]);
    n.free(cell[0]);
    return reply;
  },
};
