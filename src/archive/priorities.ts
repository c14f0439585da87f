import type { PackageIndex, Stanza } from './types.js';

/** Packages of an index that belong to a base system by what they say of themselves. */
export interface BaseStanzas {
  required: readonly Stanza[];
  important: readonly Stanza[];
  essential: readonly Stanza[];
}

export const baseStanzas = (index: PackageIndex): BaseStanzas => ({
  required: [...index.withField('Priority', 'required')],
  important: [...index.withField('Priority', 'important')],
  essential: [...index.withField('Essential', 'yes')],
});
