import { constants as c } from '../constants.js';
import type { Native } from '../native.js';

/** Where the members of virTypedParameter are, in bytes; scripts/abi-check.mjs compares. */
export const typedParameter = { size: 96, type: 80, value: 88 } as const;

export type ParameterValue = number | boolean | string;

type Reader = (view: DataView, at: number, n: Native) => ParameterValue;

// libvirt runs on this machine: its numbers have this machine's byte order.
const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const readers: Record<number, Reader> = {
  [c.VIR_TYPED_PARAM_INT]: (view, at) => view.getInt32(at, little),
  [c.VIR_TYPED_PARAM_UINT]: (view, at) => view.getUint32(at, little),
  [c.VIR_TYPED_PARAM_LLONG]: (view, at) => Number(view.getBigInt64(at, little)),
  [c.VIR_TYPED_PARAM_ULLONG]: (view, at) => Number(view.getBigUint64(at, little)),
  [c.VIR_TYPED_PARAM_DOUBLE]: (view, at) => view.getFloat64(at, little),
  [c.VIR_TYPED_PARAM_BOOLEAN]: (view, at) => view.getInt8(at) !== 0,
  [c.VIR_TYPED_PARAM_STRING]: (view, at, n) => n.koffi.decode.string(view.getBigUint64(at, little)),
};

/** Decodes an array of virTypedParameter. Types that a newer libvirt has added are left out. */
export function readTypedParameters(
  n: Native,
  address: bigint,
  count: number,
): Record<string, ParameterValue> {
  if (count === 0) return {};
  const view = new DataView(n.koffi.view(address, count * typedParameter.size));
  const values: Record<string, ParameterValue> = {};
  for (let index = 0; index < count; index++) {
    const at = index * typedParameter.size;
    const name = n.koffi.decode.string(address + BigInt(at));
    const value = readers[view.getInt32(at + typedParameter.type, little)]?.(
      view,
      at + typedParameter.value,
      n,
    );
    if (value !== undefined) values[name] = value;
  }
  return values;
}
