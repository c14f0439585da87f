import { breathe } from '../breathe.js';
import { nearest } from './nearest.js';
import {
  atOnce,
  countOf,
  fieldOf,
  nameAt,
  openSource,
  type Source,
  stanzasWith,
  textAt,
} from './package-source.js';
import { parseRelations } from './relations.js';
import { parseStanza } from './stanza.js';
import type { PackageIndex, Stanza } from './types.js';
import { compareVersions } from './version.js';

/** Source number and stanza number. */
type Place = readonly [number, number];

const indexNames = async (sources: readonly Source[]): Promise<Map<string, Place>> => {
  const places = new Map<string, Place>();
  const versionAt = ([source, stanza]: Place): string => fieldOf(sources[source]!, stanza, 'Version');
  for (const [number, source] of sources.entries()) {
    for (let stanza = 0; stanza < countOf(source); stanza++) {
      const name = nameAt(source, stanza);
      const known = places.get(name);
      const place: Place = [number, stanza];
      if (!known || compareVersions(versionAt(place), versionAt(known)) > 0) places.set(name, place);
      if (stanza % atOnce === 0) await breathe();
    }
  }
  return places;
};

const isAt = (place: Place | undefined, source: number, stanza: number): boolean =>
  place?.[0] === source && place[1] === stanza;

const indexProviders = async (
  sources: readonly Source[],
  places: ReadonlyMap<string, Place>,
): Promise<Map<string, Set<string>>> => {
  const providers = new Map<string, Set<string>>();
  for (const [number, source] of sources.entries()) {
    for await (const stanza of stanzasWith(source, 'Provides:')) {
      const value = fieldOf(source, stanza, 'Provides');
      const provider = nameAt(source, stanza);
      if (!isAt(places.get(provider), number, stanza)) continue;
      for (const { name } of parseRelations(value).flat())
        if (name !== provider) providers.set(name, (providers.get(name) ?? new Set()).add(provider));
    }
  }
  return providers;
};

/**
 * Indexes the bytes of Packages files. Only names and what is provided are read now; a stanza is parsed when it is asked for.
 * `label` names the file in errors (VAPP_ARCHIVE_BAD_INDEX, thrown when a broken stanza is asked for).
 */
export const indexPackages = async (
  files: readonly { label: string; bytes: Buffer }[],
): Promise<PackageIndex> => {
  const sources: Source[] = [];
  for (const { label, bytes } of files) sources.push(await openSource(label, bytes));
  const places = await indexNames(sources);
  const providing = await indexProviders(sources, places);
  const parse = ([source, stanza]: Place): Stanza =>
    parseStanza(sources[source]!.label, textAt(sources[source]!, stanza));
  const get = (name: string): Stanza | undefined => {
    const place = places.get(name);
    return place && parse(place);
  };
  return {
    size: places.size,
    get,
    *all() {
      for (const place of places.values()) yield parse(place);
    },
    async *withField(field, value) {
      for (const [number, source] of sources.entries())
        for await (const stanza of stanzasWith(source, `${field}: ${value}`))
          if (
            isAt(places.get(nameAt(source, stanza)), number, stanza) &&
            fieldOf(source, stanza, field) === value
          )
            yield parse([number, stanza]);
    },
    names: () => places.keys(),
    providers: (name) => [...(providing.get(name) ?? [])].map((provider) => get(provider)!),
    near: (name) => nearest(name, places.keys()),
  };
};
