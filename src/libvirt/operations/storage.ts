import { nameOf, type PoolState, poolStates, type VolumeType, volumeTypes } from '../constants.js';
import type { Native } from '../native.js';
import type { Cell, Pointer } from '../signature.js';
import { type ObjectRecord, readNumber, readStruct, readUuid, takeArray } from './objects.js';

type Connect = Pointer<'Connect'>;
type Pool = Pointer<'StoragePool'>;
type Volume = Pointer<'StorageVol'>;

export type PoolRecord = ObjectRecord<'StoragePool'>;

export interface VolumeRecord {
  pointer: Volume;
  name: string;
  /** Unique on the libvirt host; the path for files. */
  key: string;
}

/** Sizes in bytes. An inactive pool reports zeros. */
export interface PoolInfo {
  state: PoolState;
  capacity: number;
  allocation: number;
  available: number;
}

/** Sizes in bytes: what the guest sees, and what is taken up. */
export interface VolumeInfo {
  type: VolumeType;
  capacity: number;
  allocation: number;
}

const describePool = (n: Native, pointer: Pool): PoolRecord => ({
  pointer,
  name: n.call('virStoragePoolGetName', pointer),
  uuid: readUuid(n, 'virStoragePoolGetUUIDString', pointer),
});

const describeVolume = (n: Native, pointer: Volume): VolumeRecord => ({
  pointer,
  name: n.call('virStorageVolGetName', pointer),
  key: n.call('virStorageVolGetKey', pointer),
});

export const storageOperations = {
  lookupPool: (n: Native, connect: Connect, name: string) =>
    describePool(n, n.call('virStoragePoolLookupByName', connect, name)),
  definePool: (n: Native, connect: Connect, xml: string) =>
    describePool(n, n.call('virStoragePoolDefineXML', connect, xml, 0)),

  listPools(n: Native, connect: Connect): PoolRecord[] {
    const cell: Cell<bigint | null> = [null];
    const count = n.call('virConnectListAllStoragePools', connect, cell, 0);
    return takeArray<'StoragePool'>(n, cell, count).map((pointer) => describePool(n, pointer));
  },

  poolInfo(n: Native, pool: Pool): PoolInfo {
    const {
      state = 0,
      capacity = 0,
      allocation = 0,
      available = 0,
    } = readStruct(n, 'virStoragePoolGetInfo', pool);
    return { state: nameOf(poolStates, state), capacity, allocation, available };
  },

  poolAutostart: (n: Native, pool: Pool) => readNumber(n, 'virStoragePoolGetAutostart', pool) === 1,

  lookupVolume: (n: Native, pool: Pool, name: string) =>
    describeVolume(n, n.call('virStorageVolLookupByName', pool, name)),
  lookupVolumeByPath: (n: Native, connect: Connect, path: string) =>
    describeVolume(n, n.call('virStorageVolLookupByPath', connect, path)),
  createVolume: (n: Native, pool: Pool, xml: string) =>
    describeVolume(n, n.call('virStorageVolCreateXML', pool, xml, 0)),

  listVolumes(n: Native, pool: Pool): VolumeRecord[] {
    const cell: Cell<bigint | null> = [null];
    const count = n.call('virStoragePoolListAllVolumes', pool, cell, 0);
    return takeArray<'StorageVol'>(n, cell, count).map((pointer) => describeVolume(n, pointer));
  },

  volumeInfo(n: Native, volume: Volume): VolumeInfo {
    const { type = -1, capacity = 0, allocation = 0 } = readStruct(n, 'virStorageVolGetInfo', volume);
    return { type: nameOf(volumeTypes, type), capacity, allocation };
  },
};
