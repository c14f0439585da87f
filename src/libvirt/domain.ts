import type { Duplex } from 'node:stream';
import { waitingOut } from './busy.js';
import { Console } from './console.js';
import { constants as c, type DomainState } from './constants.js';
import { isMissing } from './errors.js';
import type { BlockStats, DomainInfo, DomainRecord, InterfaceStats } from './operations/domain.js';
import { Handle, type Owner } from './reference.js';

export interface UndefineOptions {
  /** Removes the UEFI variables file too. */
  nvram?: boolean;
  /** Removes a saved state too. */
  managedSave?: boolean;
  /** Removes what libvirt knows of snapshots and checkpoints too. */
  metadata?: boolean;
}

export type MetadataKind = 'element' | 'title' | 'description';

export interface MetadataOptions {
  /** Prefix and namespace, both needed for `element`. */
  key?: string;
  uri?: string;
  /** Change the running domain, the definition, or both; neither means the state that the domain is in. */
  live?: boolean;
  config?: boolean;
}

const metadataKinds = {
  element: c.VIR_DOMAIN_METADATA_ELEMENT,
  title: c.VIR_DOMAIN_METADATA_TITLE,
  description: c.VIR_DOMAIN_METADATA_DESCRIPTION,
} as const;

const statsGroups =
  c.VIR_DOMAIN_STATS_STATE |
  c.VIR_DOMAIN_STATS_CPU_TOTAL |
  c.VIR_DOMAIN_STATS_BALLOON |
  c.VIR_DOMAIN_STATS_INTERFACE |
  c.VIR_DOMAIN_STATS_BLOCK;

/** Flags whose condition holds, in one number. */
export const flagsOf = (...pairs: readonly (readonly [boolean | undefined, number])[]): number =>
  pairs.reduce((flags, [condition, flag]) => (condition ? flags | flag : flags), 0);

/** A libvirt domain. Each method throws LibvirtError; `free` only forgets the handle. */
export class Domain extends Handle<'Domain'> {
  readonly name: string;
  readonly uuid: string;
  /** The number of the running domain, as it was when this handle was made. */
  readonly id: number | undefined;

  constructor(owner: Owner, record: DomainRecord) {
    super(owner, 'virDomainFree', record.pointer);
    this.name = record.name;
    this.uuid = record.uuid;
    this.id = record.id;
  }

  /** @throws LibvirtError VAPP_LIBVIRT_NO_DOMAIN when a transient domain has ended. */
  state(): Promise<DomainState> {
    return this.use((domain) => this.owner.run('domainState', domain));
  }

  info(): Promise<DomainInfo> {
    return this.use((domain) => this.owner.run('domainInfo', domain));
  }

  async isPersistent(): Promise<boolean> {
    return (await this.use((domain) => this.owner.run('virDomainIsPersistent', domain))) === 1;
  }

  async start(o: { paused?: boolean; autodestroy?: boolean } = {}): Promise<void> {
    const flags = flagsOf(
      [o.paused, c.VIR_DOMAIN_START_PAUSED],
      [o.autodestroy, c.VIR_DOMAIN_START_AUTODESTROY],
    );
    await this.use((domain) => this.owner.run('virDomainCreateWithFlags', domain, flags));
  }

  async suspend(): Promise<void> {
    await this.use((domain) => this.owner.run('virDomainSuspend', domain));
  }

  async resume(): Promise<void> {
    await this.use((domain) => this.owner.run('virDomainResume', domain));
  }

  /** Ends it at once. `graceful`: only asks the hypervisor's process, which may refuse, but never loses its writes. */
  async destroy(o: { graceful?: boolean } = {}): Promise<void> {
    const flags = flagsOf([o.graceful, c.VIR_DOMAIN_DESTROY_GRACEFUL]);
    await waitingOut(() => this.use((domain) => this.owner.run('virDomainDestroyFlags', domain, flags)));
  }

  /** Asks the guest to shut down; it may ignore that. */
  async shutdown(): Promise<void> {
    await this.use((domain) => this.owner.run('virDomainShutdownFlags', domain, 0));
  }

  /** Removes the definition; a running domain becomes transient. */
  async undefine(o: UndefineOptions = {}): Promise<void> {
    const flags = flagsOf(
      [o.managedSave, c.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE],
      [o.nvram, c.VIR_DOMAIN_UNDEFINE_NVRAM],
      [o.metadata, c.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | c.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA],
    );
    await waitingOut(() => this.use((domain) => this.owner.run('virDomainUndefineFlags', domain, flags)));
  }

  /** `inactive`: as defined for the next start. `secure`: with passwords. */
  xml(o: { inactive?: boolean; secure?: boolean } = {}): Promise<string> {
    const flags = flagsOf([o.inactive, c.VIR_DOMAIN_XML_INACTIVE], [o.secure, c.VIR_DOMAIN_XML_SECURE]);
    return this.use((domain) => this.owner.run('virDomainGetXMLDesc', domain, flags));
  }

  /** The title, the description, or the metadata element of a namespace as XML; undefined when there is none. */
  async metadata(kind: MetadataKind, uri?: string): Promise<string | undefined> {
    try {
      return await this.use((domain) =>
        this.owner.run('virDomainGetMetadata', domain, metadataKinds[kind], uri ?? null, 0),
      );
    } catch (error) {
      if (isMissing(error) && error.libvirtCode === c.VIR_ERR_NO_DOMAIN_METADATA) return undefined;
      throw error;
    }
  }

  /** Null as the text removes it. */
  async setMetadata(kind: MetadataKind, text: string | null, o: MetadataOptions = {}): Promise<void> {
    const flags = flagsOf([o.live, c.VIR_DOMAIN_AFFECT_LIVE], [o.config, c.VIR_DOMAIN_AFFECT_CONFIG]);
    const { key = null, uri = null } = o;
    await this.use((domain) =>
      this.owner.run('virDomainSetMetadata', domain, metadataKinds[kind], text, key, uri, flags),
    );
  }

  /** Counters of a disk, by its target (`vda`). The domain must run. */
  blockStats(target: string): Promise<BlockStats> {
    return this.use((domain) => this.owner.run('blockStats', domain, target));
  }

  /** Counters of a network interface, by its target (`vnet0`) or MAC address. User networking has none. */
  interfaceStats(device: string): Promise<InterfaceStats> {
    return this.use((domain) => this.owner.run('interfaceStats', domain, device));
  }

  /** State, CPU, memory, block and interface counters in one call, by libvirt's names (`block.0.rd.reqs`). */
  allStats(): Promise<Record<string, number | boolean | string>> {
    return this.use((domain) => this.owner.run('allStats', domain, statsGroups));
  }

  /** What the first screen shows. QEMU gives image/png or image/x-portable-pixmap. */
  async screenshot(): Promise<{ mime: string; data: Buffer }> {
    const { mime, data } = await this.use((domain) =>
      this.owner.run('screenshot', this.owner.pointer, domain),
    );
    return { mime, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
  }

  /** Presses keys together: Linux key codes (linux/input-event-codes.h), at most 16. */
  async sendKey(codes: readonly number[], milliseconds = 50): Promise<void> {
    if (codes.length === 0 || codes.length > c.VIR_DOMAIN_SEND_KEY_MAX_KEYS)
      throw new TypeError(`sendKey takes 1 to ${c.VIR_DOMAIN_SEND_KEY_MAX_KEYS} key codes`);
    await this.use((domain) => this.owner.run('sendKey', domain, codes, milliseconds));
  }

  /**
   * Opens a console: a device by its alias (`serial1`), else the first one. One reader at a time: `force` throws out
   * another. What the guest wrote before is lost, so open it while the domain is paused.
   */
  async openConsole(device?: string, o: { force?: boolean } = {}): Promise<Duplex> {
    this.owner.events();
    const start = {
      device: device ?? null,
      flags: flagsOf([o.force, c.VIR_DOMAIN_CONSOLE_FORCE]),
      streamFlags: c.VIR_STREAM_NONBLOCK,
    };
    const stream = await this.use((domain) =>
      this.owner.run('startConsole', this.owner.pointer, domain, start),
    );
    return new Console(this.owner, stream);
  }

  /** Sends a command to QEMU: QMP as JSON, or `hmp` for a line of the human monitor. libvirt marks the domain tainted. */
  qemuMonitor(command: string, o: { hmp?: boolean } = {}): Promise<string> {
    const flags = flagsOf([o.hmp, c.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP]);
    return this.use((domain) => this.owner.run('qemuMonitor', domain, command, flags));
  }
}
