import type { Native } from '../native.js';
import type { Cell, Pointer } from '../signature.js';
import { type ObjectRecord, readUuid, takeArray } from './objects.js';

export type NetworkRecord = ObjectRecord<'Network'>;

const describe = (n: Native, pointer: Pointer<'Network'>): NetworkRecord => ({
  pointer,
  name: n.call('virNetworkGetName', pointer),
  uuid: readUuid(n, 'virNetworkGetUUIDString', pointer),
});

export const networkOperations = {
  lookupNetwork: (n: Native, connect: Pointer<'Connect'>, name: string) =>
    describe(n, n.call('virNetworkLookupByName', connect, name)),

  listNetworks(n: Native, connect: Pointer<'Connect'>): NetworkRecord[] {
    const cell: Cell<bigint | null> = [null];
    const count = n.call('virConnectListAllNetworks', connect, cell, 0);
    return takeArray<'Network'>(n, cell, count).map((pointer) => describe(n, pointer));
  },
};
