import { VappError } from '../errors.js';
import type { Engine, HypervisorFacts } from './plan.js';
import { childOf, childrenOf, type Element, readXml } from './xml.js';

export interface HypervisorSources {
  uri: string;
  /** Name of the driver: `QEMU`, `Xen`, `TEST`. */
  driver: string;
  /** XML of virConnectGetCapabilities. */
  capabilities: string;
  /** XML documents of virConnectGetDomainCapabilities; what they say of an engine wins. */
  domainCapabilities?: readonly string[];
  pools?: HypervisorFacts['pools'];
  networks?: HypervisorFacts['networks'];
  /** User id of this process. */
  uid: number;
  kvm?: HypervisorFacts['kvm'];
}

interface EngineOffer {
  osType: string;
  domainType: string;
  /** Machine types that will do, best first. */
  machines: readonly string[];
}

/** How a libvirt host says that it offers an engine: https://libvirt.org/formatcaps.html, libxl_capabilities.c for Xen. */
const offers: Readonly<Record<Engine, EngineOffer>> = {
  kvm: { osType: 'hvm', domainType: 'kvm', machines: ['q35', 'pc'] },
  qemu: { osType: 'hvm', domainType: 'qemu', machines: ['q35', 'pc'] },
  'xen-pvh': { osType: 'xenpvh', domainType: 'xen', machines: ['xenpvh'] },
  'xen-pv': { osType: 'xen', domainType: 'xen', machines: ['xenpv'] },
  'xen-hvm': { osType: 'hvm', domainType: 'xen', machines: ['xenfv'] },
};

/** libvirt's name of the architecture that the distribution calls amd64. */
const arch = 'x86_64';

type Offered = NonNullable<HypervisorFacts['engines'][Engine]>;

const offered = (guests: readonly Element[], offer: EngineOffer): Offered | undefined => {
  for (const guest of guests.filter((each) => childOf(each, 'os_type')?.text === offer.osType)) {
    for (const system of childrenOf(guest, 'arch').filter(({ attributes }) => attributes.name === arch)) {
      const domain = childrenOf(system, 'domain').find(
        ({ attributes }) => attributes.type === offer.domainType,
      );
      if (!domain) continue;
      // A domain element may carry an emulator and machine types of its own.
      const names = [...childrenOf(domain, 'machine'), ...childrenOf(system, 'machine')].map(
        ({ text }) => text,
      );
      const machine = offer.machines.find((name) => names.includes(name));
      const emulator = (childOf(domain, 'emulator') ?? childOf(system, 'emulator'))?.text;
      if (machine) return { ...(emulator && { emulator }), machine };
    }
  }
  return undefined;
};

const enginesOf = (guests: readonly Element[]): HypervisorFacts['engines'] => {
  const entries = Object.entries(offers).map(([engine, offer]) => [engine, offered(guests, offer)] as const);
  return Object.fromEntries(entries.filter(([, found]) => found !== undefined));
};

/** The emulator that domain capabilities name for an engine that the host offers. */
const refine = (
  engines: HypervisorFacts['engines'],
  documents: readonly string[],
): HypervisorFacts['engines'] => {
  const refined = { ...engines };
  for (const document of documents) {
    const root = rootOf(document, 'domainCapabilities');
    const [emulator, domain, machine] = ['path', 'domain', 'machine'].map(
      (name) => childOf(root, name)?.text,
    );
    for (const [engine, { domainType, machines }] of Object.entries(offers) as [Engine, EngineOffer][]) {
      const known = refined[engine];
      const fits = domainType === domain && (domain !== 'xen' || machines.includes(machine ?? ''));
      if (known && fits && emulator) refined[engine] = { ...known, emulator };
    }
  }
  return refined;
};

/**
 * Whether guests can have QEMU's user network, by the back ends of interfaces: `default` is slirp
 * (https://libvirt.org/formatdomaincaps.html).
 */
const userNetworkOf = (documents: readonly string[]): { userNetwork?: boolean } => {
  const backends = documents
    .map((document) => childOf(rootOf(document, 'domainCapabilities'), 'devices'))
    .flatMap((devices) => childrenOf(childOf(devices, 'interface'), 'enum'))
    .filter(({ attributes }) => attributes.name === 'backendType');
  if (backends.length === 0) return {};
  const names = backends.flatMap((each) => childrenOf(each, 'value')).map(({ text }) => text);
  return { userNetwork: names.includes('default') };
};

const rootOf = (xml: string, name: string): Element => {
  const root = readXml(xml, name);
  if (root) return root;
  throw new VappError('VAPP_PLAN_CAPABILITIES', `the libvirt host sent no ${name} document`, {
    why: 'its answer is not the XML that libvirt documents',
    hint: name === 'capabilities' ? 'virsh capabilities' : 'virsh domcapabilities',
  });
};

/** Processors of the host: those of its NUMA cells, else sockets x dies x cores x threads. */
const cpusOf = (host: Element | undefined): number => {
  const cells = childrenOf(childOf(childOf(host, 'topology'), 'cells'), 'cell');
  const counted = cells.flatMap((cell) => childrenOf(childOf(cell, 'cpus'), 'cpu')).length;
  if (counted > 0) return counted;
  const { sockets, dies, cores, threads } = childOf(childOf(host, 'cpu'), 'topology')?.attributes ?? {};
  return [sockets, dies, cores, threads].reduce((product, each) => product * (Number(each) || 1), 1);
};

/** Memory of the host's NUMA cells, which libvirt counts in KiB. */
const memoryOf = (host: Element | undefined): { hostMemory?: number } => {
  const cells = childrenOf(childOf(childOf(host, 'topology'), 'cells'), 'cell');
  const kibibytes = cells
    .map((cell) => Number(childOf(cell, 'memory')?.text))
    .reduce((sum, each) => sum + (each || 0), 0);
  return kibibytes > 0 ? { hostMemory: kibibytes * 1024 } : {};
};

/** CPUID has a bit for it, which no real processor sets (https://lwn.net/Articles/301888/). */
const isNested = (host: Element | undefined): boolean =>
  childrenOf(childOf(host, 'cpu'), 'feature').some(({ attributes }) => attributes.name === 'hypervisor');

/**
 * Whether the daemon behind a URI is another machine's, and whether it is the privileged one
 * (https://libvirt.org/uri.html). Root's session is the system's daemon: the driver has one instance per daemon.
 */
const placeOf = (uri: string, uid: number): { remote: boolean; privileged: boolean } => {
  const [, driver = '', transport = '', host = '', path = ''] =
    /^([^:+]+)(?:\+([^:]+))?:(?:\/\/([^/?]*))?([^?]*)/.exec(uri) ?? [];
  const remote = transport === '' ? host !== '' : transport !== 'unix';
  const ofRoot = uid === 0 && !remote;
  return {
    remote,
    privileged: path === '/session' ? ofRoot : path === '/system' || onlyPrivileged.has(driver),
  };
};

/** Their daemon is the system's, also where a URI names no path: libxl has no sessions, and `remote` leaves the driver to the daemon. */
const onlyPrivileged: ReadonlySet<string> = new Set(['xen', 'remote']);

/** Whether the daemon behind a URI is another machine's. */
export const isRemote = (uri: string): boolean => placeOf(uri, 0).remote;

/**
 * What one libvirt host offers, read from its own XML. Pure.
 * @throws VappError VAPP_PLAN_CAPABILITIES when a document is not what libvirt documents.
 */
export const readHypervisorFacts = (sources: HypervisorSources): HypervisorFacts => {
  const root = rootOf(sources.capabilities, 'capabilities');
  const engines = enginesOf(childrenOf(root, 'guest'));
  return {
    uri: sources.uri,
    driver: sources.driver,
    ...placeOf(sources.uri, sources.uid),
    engines: refine(engines, sources.domainCapabilities ?? []),
    ...(sources.kvm && { kvm: sources.kvm }),
    nested: isNested(childOf(root, 'host')),
    hostCpus: cpusOf(childOf(root, 'host')),
    ...memoryOf(childOf(root, 'host')),
    pools: sources.pools ?? [],
    networks: sources.networks ?? [],
    ...userNetworkOf(sources.domainCapabilities ?? []),
  };
};
