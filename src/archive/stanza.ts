import { parseDeb822 } from './deb822.js';
import { badIndex } from './errors.js';
import type { Stanza } from './types.js';

const required = ['Package', 'Version', 'Architecture', 'Filename', 'Size', 'SHA256'] as const;

const unsafe = /(?:^|\/)\.\.?(?:\/|$)|^\/|[\0\r\n]/;

/** Reads one stanza of a Packages file. Throws VAPP_ARCHIVE_BAD_INDEX when a needed field is missing or unusable. */
export const parseStanza = (index: string, raw: string): Stanza => {
  const fields = parseDeb822(raw)[0] ?? new Map<string, string>();
  const named = `Package ${fields.get('Package') ?? '(without a name)'}`;
  for (const name of required) if (!fields.get(name)) throw badIndex(index, `${named} has no ${name}.`);
  if (!/^\d+$/.test(fields.get('Size')!)) throw badIndex(index, `${named} has a Size that is no number.`);
  if (!/^[0-9a-f]{64}$/.test(fields.get('SHA256')!)) throw badIndex(index, `${named} has no usable SHA256.`);
  if (unsafe.test(fields.get('Filename')!)) throw badIndex(index, `${named} has an unsafe Filename.`);
  return { ...Object.fromEntries(fields), Size: Number(fields.get('Size')), raw } as unknown as Stanza;
};
