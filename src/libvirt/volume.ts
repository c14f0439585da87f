import { createWriteStream } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { waitingOut } from './busy.js';
import type { VolumeInfo, VolumeRecord } from './operations/storage.js';
import { Handle, type Owner } from './reference.js';
import { type DownloadOptions, download, type UploadOptions, type UploadSource, upload } from './transfer.js';

/** A volume of a storage pool. Each method throws LibvirtError. */
export class Volume extends Handle<'StorageVol'> {
  readonly name: string;
  /** Unique on the libvirt host. */
  readonly key: string;

  constructor(owner: Owner, record: VolumeRecord) {
    super(owner, 'virStorageVolFree', record.pointer);
    this.name = record.name;
    this.key = record.key;
  }

  /** Where it is on the libvirt host, for `<source file=…>`. */
  path(): Promise<string> {
    return this.use((volume) => this.owner.run('virStorageVolGetPath', volume));
  }

  info(): Promise<VolumeInfo> {
    return this.use((volume) => this.owner.run('volumeInfo', volume));
  }

  xml(): Promise<string> {
    return this.use((volume) => this.owner.run('virStorageVolGetXMLDesc', volume, 0));
  }

  /** Writes the source to the start of the volume, which must be large enough. */
  upload(source: UploadSource, o: UploadOptions = {}): Promise<void> {
    return this.use((volume) => upload(this.owner, volume, source, o));
  }

  /** Writes the volume's file, or a range of it, to a file or a stream. A qcow2 volume comes as its file, not its content. */
  download(target: string | Writable, o: DownloadOptions = {}): Promise<void> {
    return this.use((volume) =>
      pipeline(
        Readable.from(download(this.owner, volume, o), { objectMode: false }),
        typeof target === 'string' ? createWriteStream(target) : target,
      ),
    );
  }

  /** A range of the volume's file, in bytes; shorter when the file ends before. */
  async read(offset: number, length: number): Promise<Buffer> {
    // libvirt takes a length of 0 for everything.
    if (length === 0) return Buffer.alloc(0);
    return this.use(async (volume) => {
      const chunks: Buffer[] = [];
      for await (const chunk of download(this.owner, volume, { offset, length })) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  /** Makes it larger: the new capacity in bytes. */
  async resize(bytes: number): Promise<void> {
    await this.use((volume) => this.owner.run('virStorageVolResize', volume, bytes, 0));
  }

  async delete(): Promise<void> {
    await waitingOut(() => this.use((volume) => this.owner.run('virStorageVolDelete', volume, 0)));
  }
}
