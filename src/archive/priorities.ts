import type { PackageIndex, Stanza } from './types.js';

/** Packages of an index that belong to a base system by what they say of themselves. */
export interface BaseStanzas {
  required: readonly Stanza[];
  important: readonly Stanza[];
  essential: readonly Stanza[];
}

const known = new WeakMap<PackageIndex, BaseStanzas>();

/** Reads the whole index once: half a second for Debian's, and several askers. */
export const baseStanzas = (index: PackageIndex): BaseStanzas => {
  const found = known.get(index);
  if (found) return found;
  const stanzas = { required: [] as Stanza[], important: [] as Stanza[], essential: [] as Stanza[] };
  for (const stanza of index.all()) {
    if (stanza.Priority === 'required' || stanza.Priority === 'important')
      stanzas[stanza.Priority].push(stanza);
    if (stanza.Essential === 'yes') stanzas.essential.push(stanza);
  }
  known.set(index, stanzas);
  return stanzas;
};
