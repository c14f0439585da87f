import { waitingOut } from './busy.js';
import { constants as c } from './constants.js';
import { unlessMissing } from './errors.js';
import type { PoolInfo, PoolRecord } from './operations/storage.js';
import { Handle, type Owner } from './reference.js';
import { Volume } from './volume.js';

/** A storage pool. Each method throws LibvirtError; a busy state that passes is waited out first. */
export class Pool extends Handle<'StoragePool'> {
  readonly name: string;
  readonly uuid: string;

  constructor(owner: Owner, record: PoolRecord) {
    super(owner, 'virStoragePoolFree', record.pointer);
    this.name = record.name;
    this.uuid = record.uuid;
  }

  info(): Promise<PoolInfo> {
    return this.use((pool) => this.owner.run('poolInfo', pool));
  }

  async isActive(): Promise<boolean> {
    return (await this.use((pool) => this.owner.run('virStoragePoolIsActive', pool))) === 1;
  }

  xml(): Promise<string> {
    return this.use((pool) => this.owner.run('virStoragePoolGetXMLDesc', pool, 0));
  }

  /** Makes the place that the pool stands for, such as its directory. */
  async build(): Promise<void> {
    await this.use((pool) => this.owner.run('virStoragePoolBuild', pool, 0));
  }

  async start(): Promise<void> {
    await this.use((pool) => this.owner.run('virStoragePoolCreate', pool, 0));
  }

  /** Looks again which volumes there are. */
  async refresh(): Promise<void> {
    await waitingOut(() => this.use((pool) => this.owner.run('virStoragePoolRefresh', pool, 0)));
  }

  /** Stops the pool; its volumes stay. */
  async destroy(): Promise<void> {
    await waitingOut(() => this.use((pool) => this.owner.run('virStoragePoolDestroy', pool)));
  }

  /** Removes the place that `build` made; it must be empty and the pool stopped. */
  async delete(): Promise<void> {
    await this.use((pool) => this.owner.run('virStoragePoolDelete', pool, 0));
  }

  /** Forgets the definition; the volumes stay. */
  async undefine(): Promise<void> {
    await this.use((pool) => this.owner.run('virStoragePoolUndefine', pool));
  }

  autostart(): Promise<boolean> {
    return this.use((pool) => this.owner.run('poolAutostart', pool));
  }

  async setAutostart(on = true): Promise<void> {
    await this.use((pool) => this.owner.run('virStoragePoolSetAutostart', pool, on ? 1 : 0));
  }

  async listVolumes(): Promise<Volume[]> {
    const records = await this.use((pool) => this.owner.run('listVolumes', pool));
    return records.map((record) => new Volume(this.owner, record));
  }

  /** Undefined when there is none of this name. */
  async lookupVolume(name: string): Promise<Volume | undefined> {
    const record = await unlessMissing(
      c.VIR_ERR_NO_STORAGE_VOL,
      this.use((pool) => this.owner.run('lookupVolume', pool, name)),
    );
    return record && new Volume(this.owner, record);
  }

  /** @throws LibvirtError VAPP_LIBVIRT_VOLUME_EXISTS */
  async createVolume(xml: string): Promise<Volume> {
    const make = () => this.use((pool) => this.owner.run('createVolume', pool, xml));
    return new Volume(this.owner, await waitingOut(make));
  }
}
