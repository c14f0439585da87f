import { quoted } from '../problems.js';
import { formatSize, MiB, parseSize, sizePattern } from '../size.js';
import type { Node } from '../tree.js';
import { lastPart, type ReadContext, type ValueType, wrongKind } from './base.js';

/** Limits of a number, both allowed, with one line each that says why. */
export interface Bounds {
  min: number;
  max: number;
  minReason: string;
  maxReason: string;
}

interface Shown {
  node: Node;
  key: string;
  show: (value: number) => string;
}

const inBounds = (
  value: number,
  bounds: Bounds,
  { node, key, show }: Shown,
  { problems }: ReadContext,
): number | undefined => {
  if (value >= bounds.min && value <= bounds.max) return value;
  const low = value < bounds.min;
  const limit = show(low ? bounds.min : bounds.max);
  const message = `${key} is ${show(value)}, ${low ? 'less' : 'more'} than ${limit}`;
  problems.add('VAPP_SPEC_RANGE', message, node, {
    why: low ? bounds.minReason : bounds.maxReason,
    hint: `${lastPart(key)}: ${limit}`,
  });
};

/** A whole number within bounds. */
export const integer = (bounds: Bounds): ValueType<number> => ({
  name: `a whole number from ${bounds.min} to ${bounds.max}`,
  schema: { type: 'integer', minimum: bounds.min, maximum: bounds.max },
  read(node, key, context) {
    if (node.kind === 'scalar' && Number.isInteger(node.value))
      return inBounds(node.value as number, bounds, { node, key, show: String }, context);
    return wrongKind(node, key, `a whole number from ${bounds.min} to ${bounds.max}`, context);
  },
});

/** A size with its unit, within bounds. In bytes, rounded up to whole MiB. */
export const size = (bounds: Bounds): ValueType<number> => {
  const name = `a size from ${formatSize(bounds.min)} to ${formatSize(bounds.max)}`;
  return {
    name,
    schema: { type: 'string', pattern: sizePattern },
    read(node, key, context) {
      if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean')
        return wrongKind(node, key, name, context);
      const bytes = parseSize(typeof node.value === 'string' ? node.value.trim() : '');
      if (bytes === undefined) return noSize(node.value, bounds, node, key, context);
      const whole = Math.ceil(bytes / MiB) * MiB;
      return inBounds(whole, bounds, { node, key, show: formatSize }, context);
    },
    show: formatSize,
  };
};

const noSize = (
  value: string | number,
  bounds: Bounds,
  node: Node,
  key: string,
  { problems }: ReadContext,
): undefined => {
  const unitless = typeof value === 'number';
  problems.add('VAPP_SPEC_VALUE', `${key}: ${quoted(value)} is not a size`, node, {
    why: unitless ? 'it has no unit' : 'a size is a number with a unit: MiB, GiB, TiB, or MB, GB, TB',
    hint: `${lastPart(key)}: ${unitless ? `${value}MiB` : formatSize(bounds.min)}`,
  });
};

/** `true` or `false`. The words `yes` and `no` are texts in YAML 1.2. */
export const boolean: ValueType<boolean> = {
  name: 'true or false',
  schema: { type: 'boolean' },
  read(node, key, context) {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    if (node.kind !== 'scalar' || typeof node.value !== 'string')
      return wrongKind(node, key, 'true or false', context);
    const meant = /^(yes|on)$/i.test(node.value)
      ? 'true'
      : /^(no|off)$/i.test(node.value)
        ? 'false'
        : undefined;
    const message = `${key} must be true or false, not ${quoted(node.value)}`;
    const hint = meant && `${lastPart(key)}: ${meant}`;
    return context.problems.add('VAPP_SPEC_TYPE', message, node, { ...(hint && { hint }) });
  },
};
