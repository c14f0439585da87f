import { constants as c } from './constants.js';
import { LibvirtError } from './errors.js';
import type { NetworkRecord } from './operations/network.js';
import { Handle, type Owner } from './reference.js';

/** A virtual network. Each method throws LibvirtError. */
export class Network extends Handle<'Network'> {
  readonly name: string;
  readonly uuid: string;

  constructor(owner: Owner, record: NetworkRecord) {
    super(owner, 'virNetworkFree', record.pointer);
    this.name = record.name;
    this.uuid = record.uuid;
  }

  async isActive(): Promise<boolean> {
    return (await this.use((network) => this.owner.run('virNetworkIsActive', network))) === 1;
  }

  async start(): Promise<void> {
    await this.use((network) => this.owner.run('virNetworkCreate', network));
  }

  /** Stops it; the definition stays. */
  async destroy(): Promise<void> {
    await this.use((network) => this.owner.run('virNetworkDestroy', network));
  }

  xml(): Promise<string> {
    return this.use((network) => this.owner.run('virNetworkGetXMLDesc', network, 0));
  }

  /** Name of the host's bridge; undefined for a network without one. */
  async bridge(): Promise<string | undefined> {
    try {
      return await this.use((network) => this.owner.run('virNetworkGetBridgeName', network));
    } catch (error) {
      // "network '…' does not have a bridge name."
      if (error instanceof LibvirtError && error.libvirtCode === c.VIR_ERR_INTERNAL_ERROR) return undefined;
      throw error;
    }
  }
}
