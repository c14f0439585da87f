import type { PackageIndex, Stanza } from '../archive/types.js';

/** A file whose content is known in advance: what the signed index says of it, and where to get it, best first. */
export interface KnownFile {
  kind: 'known';
  sha256: string;
  size: number;
  modified: Date;
  urls: string[];
}

/** A file of this host. */
export interface LocalFile {
  kind: 'local';
  path: string;
  size: number;
  modified: Date;
}

/** A file that was made in memory. */
export interface MadeFile {
  kind: 'made';
  data: Buffer;
  size: number;
  modified: Date;
}

export type Resource = KnownFile | LocalFile | MadeFile;

/** What one repository offers, by decoded path below its URL. */
export interface Catalog {
  find(path: string): Resource | undefined;
}

/** Conditional requests know whole seconds only. */
export const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

/** Finds a stanza by its Filename. The name before the first `_` is the package's in every pool that follows Debian's layout. */
export const byFilename = (index: PackageIndex): ((path: string) => Stanza | undefined) => {
  let all: Map<string, Stanza> | undefined;
  return (path) => {
    const name = /([^/_]+)_[^/]*$/.exec(path)?.[1];
    const guess = name === undefined ? undefined : index.get(name);
    if (guess?.Filename === path) return guess;
    if (!path.endsWith('.deb') && !path.endsWith('.udeb')) return undefined;
    all ??= new Map([...index.all()].map((stanza) => [stanza.Filename, stanza]));
    return all.get(path);
  };
};
