import type { PackageIndex, Stanza } from './types.js';

/** Packages of an index that belong to a base system by what they say of themselves. */
export interface BaseStanzas {
  required: readonly Stanza[];
  important: readonly Stanza[];
  essential: readonly Stanza[];
}

export const baseStanzas = async (index: PackageIndex): Promise<BaseStanzas> => {
  const having = async (field: keyof Stanza & string, value: string): Promise<Stanza[]> => {
    const stanzas: Stanza[] = [];
    for await (const stanza of index.withField(field, value)) stanzas.push(stanza);
    return stanzas;
  };
  return {
    required: await having('Priority', 'required'),
    important: await having('Priority', 'important'),
    essential: await having('Essential', 'yes'),
  };
};
