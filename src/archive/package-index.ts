import { nearest } from './nearest.js';
import { parseRelations } from './relations.js';
import { parseStanza } from './stanza.js';
import type { PackageIndex, Stanza } from './types.js';
import { compareVersions } from './version.js';

/** One Packages file: its bytes, and where its stanzas begin and end. */
interface Source {
  label: string;
  bytes: Buffer;
  /** Start and end offset by turns. */
  bounds: Uint32Array;
}

/** Source number and stanza number. */
type Place = readonly [number, number];

const newline = 0x0a;

const findBounds = (bytes: Buffer): Uint32Array => {
  const bounds: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    if (bytes[start] === newline) {
      start += 1;
      continue;
    }
    const gap = bytes.indexOf('\n\n', start, 'latin1');
    const end = gap < 0 ? bytes.length : gap + 1;
    bounds.push(start, end);
    start = end + 1;
  }
  return Uint32Array.from(bounds);
};

const textAt = ({ bytes, bounds }: Source, stanza: number): string =>
  bytes.toString('utf8', bounds[2 * stanza], bounds[2 * stanza + 1]);

const fieldOf = (source: Source, stanza: number, field: string): string => {
  const text = textAt(source, stanza);
  return new RegExp(`^${field}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(text)?.[1]?.trim() ?? '';
};

const nameField = Buffer.from('Package: ');

// All but no indexes begin each stanza with the name; only others need a look at the whole stanza.
const nameAt = (source: Source, stanza: number): string => {
  const { bytes, bounds } = source;
  const start = bounds[2 * stanza]!;
  const nameStart = start + nameField.length;
  if (nameField.compare(bytes, start, nameStart) !== 0) return fieldOf(source, stanza, 'Package');
  return bytes.toString('latin1', nameStart, bytes.indexOf(newline, nameStart)).trim();
};

const stanzaAround = ({ bounds }: Source, offset: number): number => {
  let low = 0;
  let high = bounds.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bounds[2 * middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

const indexNames = (sources: readonly Source[]): Map<string, Place> => {
  const places = new Map<string, Place>();
  const versionAt = ([source, stanza]: Place): string => fieldOf(sources[source]!, stanza, 'Version');
  for (const [number, source] of sources.entries()) {
    for (let stanza = 0; stanza < source.bounds.length / 2; stanza++) {
      const name = nameAt(source, stanza);
      const known = places.get(name);
      const place: Place = [number, stanza];
      if (!known || compareVersions(versionAt(place), versionAt(known)) > 0) places.set(name, place);
    }
  }
  return places;
};

function* provideLines(source: Source): Generator<{ stanza: number; value: string }> {
  const field = '\nProvides:';
  for (let at = source.bytes.indexOf(field); at >= 0; at = source.bytes.indexOf(field, at + 1)) {
    const stanza = stanzaAround(source, at);
    yield { stanza, value: fieldOf(source, stanza, 'Provides') };
  }
}

const indexProviders = (
  sources: readonly Source[],
  places: ReadonlyMap<string, Place>,
): Map<string, Set<string>> => {
  const providers = new Map<string, Set<string>>();
  for (const [number, source] of sources.entries()) {
    for (const { stanza, value } of provideLines(source)) {
      const provider = nameAt(source, stanza);
      const [winnerSource, winnerStanza] = places.get(provider) ?? [];
      if (winnerSource !== number || winnerStanza !== stanza) continue;
      for (const { name } of parseRelations(value).flat())
        if (name !== provider) providers.set(name, (providers.get(name) ?? new Set()).add(provider));
    }
  }
  return providers;
};

/**
 * Indexes the bytes of Packages files. Only names are read now; a stanza is parsed when it is asked for.
 * `label` names the file in errors (VAPP_ARCHIVE_BAD_INDEX, thrown when a broken stanza is asked for).
 */
export const indexPackages = (files: readonly { label: string; bytes: Buffer }[]): PackageIndex => {
  const sources = files.map(({ label, bytes }) => ({ label, bytes, bounds: findBounds(bytes) }));
  const places = indexNames(sources);
  let providing: Map<string, Set<string>> | undefined;
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
    names: () => places.keys(),
    providers(name) {
      providing ??= indexProviders(sources, places);
      return [...(providing.get(name) ?? [])].map((provider) => get(provider)!);
    },
    near: (name) => nearest(name, places.keys()),
  };
};
