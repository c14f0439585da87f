import type { Connection, ConnectOptions } from './connection.js';

export type { Connection, ConnectOptions, DomainCapabilitiesQuery } from './connection.js';
export type { CloseReason, DomainState, PoolState, VolumeType } from './constants.js';
export type { Domain, MetadataKind, MetadataOptions, UndefineOptions } from './domain.js';
export { isConnectionLost, isMissing, LibvirtError } from './errors.js';
export type { LifecycleEvent, LifecycleName } from './lifecycle.js';
export type { Network } from './network.js';
export type { BlockStats, DomainInfo, InterfaceStats } from './operations/domain.js';
export type { PoolInfo, VolumeInfo } from './operations/storage.js';
export type { Pool } from './pool.js';
export type { DownloadOptions, UploadOptions, UploadSource } from './transfer.js';
export type { Volume } from './volume.js';

/**
 * Connects to a libvirt daemon; without a URI, as libvirt chooses (LIBVIRT_DEFAULT_URI, its client configuration, what
 * answers). Loads libvirt and starts its threads at the first call.
 * @throws LibvirtError, VappError VAPP_LIBVIRT_MISSING without libvirt.so.0
 */
export async function connect(uri?: string, o: ConnectOptions = {}): Promise<Connection> {
  const [{ Connection }, { runtime }] = await Promise.all([
    import('./connection.js'),
    import('./runtime.js'),
  ]);
  return await Connection.open(await runtime(), uri, o);
}
