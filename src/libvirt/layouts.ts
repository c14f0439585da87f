import type { TypeObject } from 'koffi';

type Koffi = typeof import('koffi').default;

const counters = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'long long']));

/** Members of the C structs that vapp reads, in the headers' order. scripts/abi-check.mjs compares the offsets. */
export const layouts: Record<string, Record<string, string>> = {
  virDomainInfo: {
    state: 'unsigned char',
    maxMem: 'unsigned long',
    memory: 'unsigned long',
    nrVirtCpu: 'unsigned short',
    cpuTime: 'unsigned long long',
  },
  virDomainBlockStatsStruct: counters('rd_req', 'rd_bytes', 'wr_req', 'wr_bytes', 'errs'),
  virDomainInterfaceStatsStruct: counters(
    'rx_bytes',
    'rx_packets',
    'rx_errs',
    'rx_drop',
    'tx_bytes',
    'tx_packets',
    'tx_errs',
    'tx_drop',
  ),
  virDomainStatsRecord: { dom: 'void *', params: 'void *', nparams: 'int' },
  virStoragePoolInfo: {
    state: 'int',
    capacity: 'unsigned long long',
    allocation: 'unsigned long long',
    available: 'unsigned long long',
  },
  virStorageVolInfo: { type: 'int', capacity: 'unsigned long long', allocation: 'unsigned long long' },
  virError: {
    code: 'int',
    domain: 'int',
    message: 'str',
    level: 'int',
    conn: 'void *',
    dom: 'void *',
    str1: 'str',
    str2: 'str',
    str3: 'str',
    int1: 'int',
    int2: 'int',
    net: 'void *',
  },
};

const objects = ['virConnect', 'virDomain', 'virStoragePool', 'virStorageVol', 'virNetwork', 'virStream'];
const addresses = [
  'charPtr',
  'virErrorPtr',
  'virDomainStatsRecordPtr',
  'virFreeCallback',
  'virErrorFunc',
  'virConnectCloseFunc',
  'virConnectDomainEventGenericCallback',
  'virStreamEventCallback',
  'virEventTimeoutCallback',
];

/** Tells koffi libvirt's types. Its type names are global per thread, so this runs once in each. */
export function declareTypes(koffi: Koffi): Record<string, TypeObject> {
  for (const name of objects) koffi.pointer(`${name}Ptr`, koffi.opaque(name));
  for (const name of addresses) koffi.alias(name, 'void *');
  return Object.fromEntries(
    Object.entries(layouts).map(([name, members]) => [name, koffi.struct(name, members)]),
  );
}
