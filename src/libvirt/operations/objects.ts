import type { Native } from '../native.js';
import type { ApiName, Cell, Pointer } from '../signature.js';

/** What a lane gives for a libvirt object: its address and what libvirt knows of it without asking the daemon. */
export interface ObjectRecord<Type extends string> {
  pointer: Pointer<Type>;
  name: string;
  uuid: string;
}

type UuidGetter = 'virDomainGetUUIDString' | 'virStoragePoolGetUUIDString' | 'virNetworkGetUUIDString';

// VIR_UUID_STRING_BUFLEN: 36 characters and a NUL.
const uuidBytes = 37;

/** The UUID of an object in its usual spelling. */
export function readUuid(n: Native, getter: UuidGetter, pointer: Pointer): string {
  const buffer = Buffer.alloc(uuidBytes);
  n.call(getter, pointer as never, buffer);
  return buffer.toString('latin1', 0, uuidBytes - 1);
}

/** Takes the objects out of an array that one of the virConnectListAll… functions gave, and frees the array. */
export function takeArray<Type extends string>(
  n: Native,
  cell: Cell<bigint | null>,
  count: number,
): Pointer<Type>[] {
  const [address] = cell;
  if (!address) return [];
  const pointers = n.koffi.decode(address, 'void *', count) as Pointer<Type>[];
  n.free(address);
  return pointers;
}

type Getter = Extract<
  ApiName,
  'virConnectGetLibVersion' | 'virConnectGetVersion' | 'virStoragePoolGetAutostart'
>;

/** The number that a function with one out parameter gives. */
export function readNumber(n: Native, getter: Getter, pointer: Pointer): number {
  const cell: Cell<number | bigint> = [0];
  n.call(getter, pointer as never, cell);
  return Number(cell[0]);
}

type StructGetter = 'virDomainGetInfo' | 'virStoragePoolGetInfo' | 'virStorageVolGetInfo';

/** Reads a struct of plain numbers. 64-bit values above 2^53 lose precision, which no size or counter here reaches. */
export function readStruct(n: Native, getter: StructGetter, pointer: Pointer): Record<string, number> {
  const struct: Record<string, number | bigint> = {};
  n.call(getter, pointer as never, struct);
  return toNumbers(struct);
}

export const toNumbers = (struct: Record<string, number | bigint>): Record<string, number> =>
  Object.fromEntries(Object.entries(struct).map(([name, value]) => [name, Number(value)]));
