import type { Emit } from '../events.js';

/** What every transfer needs. */
export interface FetchContext {
  /** The cache directory; files lie in its `sha256/ab/abcdef…`. */
  cache: string;
  emit: Emit;
  /** URL of an HTTP proxy. Wins over `http_proxy`, `https_proxy` and `no_proxy`, which are honoured without it. */
  proxy?: string;
  signal?: AbortSignal;
  /** How often to try again after a cut, a time-out or a 5xx, and the first pause in milliseconds (it doubles). */
  retry?: { attempts: number; delay: number };
  /** Milliseconds without a byte after which a transfer counts as stuck. */
  timeout?: number;
}

/** A file to fetch. With `sha256` it may come from the cache, and nothing else is accepted. */
export interface RemoteFile {
  url: string;
  /** Hex, lower case. */
  sha256?: string;
  /** Bytes. */
  size?: number;
  /** What progress events call it; the last part of the URL by default. */
  label?: string;
}

/** One binary package of an index. Field names and values as in the index; a folded field keeps its lines. */
export interface Stanza {
  readonly Package: string;
  readonly Version: string;
  readonly Architecture: string;
  /** Path below the mirror's URL. */
  readonly Filename: string;
  /** Bytes of the file. */
  readonly Size: number;
  readonly SHA256: string;
  readonly Source?: string;
  readonly Section?: string;
  readonly Priority?: string;
  readonly Essential?: string;
  readonly Important?: string;
  readonly Protected?: string;
  readonly 'Multi-Arch'?: string;
  readonly 'Installed-Size'?: string;
  readonly 'Package-Type'?: string;
  readonly 'Installer-Menu-Item'?: string;
  readonly 'Kernel-Version'?: string;
  readonly Subarchitecture?: string;
  readonly Depends?: string;
  readonly 'Pre-Depends'?: string;
  readonly Recommends?: string;
  readonly Suggests?: string;
  readonly Enhances?: string;
  readonly Provides?: string;
  readonly Conflicts?: string;
  readonly Breaks?: string;
  readonly Replaces?: string;
  readonly Description?: string;
  /** The stanza as the index has it, from `Package:` to the last line's newline, without the empty line after it. */
  readonly raw: string;
}

/** The packages of a suite, of all opened components. Of a package listed twice the highest version counts. */
export interface PackageIndex {
  readonly size: number;
  get(name: string): Stanza | undefined;
  /** Every package once, in the order of the index; stanzas are parsed as they are asked for. */
  all(): Iterable<Stanza>;
  /** Every package with the line `field: value`, in the order of the index; the others are not parsed. */
  withField(field: string, value: string): AsyncIterable<Stanza>;
  names(): Iterable<string>;
  /** Packages whose `Provides` names it; the package of that name itself is not among them. */
  providers(name: string): Stanza[];
  /** Names that a mistyped `name` may have meant, best first, at most five. */
  near(name: string): string[];
}

/** A verified Release file. */
export interface ReleaseFile {
  /** The signed text, lines ended by `\n`. */
  readonly text: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly origin?: string;
  readonly suite?: string;
  readonly codename?: string;
  readonly version?: string;
  readonly date: Date;
  readonly validUntil?: Date;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly acquireByHash: boolean;
  /** Path below `dists/SUITE/` → what the signature vouches for. Of SHA-256 alone. */
  readonly files: ReadonlyMap<string, { sha256: string; size: number }>;
}

export interface Suite {
  /** URL of the mirror without a slash at its end. */
  readonly mirror: string;
  readonly suite: string;
  readonly arch: string;
  readonly components: readonly string[];
  readonly release: ReleaseFile;
  /** The file as the mirror served it. */
  readonly inRelease: Buffer;
  readonly packages: PackageIndex;
}

export interface SuiteRequest extends FetchContext {
  mirror: string;
  suite: string;
  /** `main`, `contrib`, … or `main/debian-installer` for the installer's components. */
  components: readonly string[];
  arch: string;
  /** Armoured public keys: a file of `src/archive/keyrings`, a path with a slash in it, or the text itself. */
  keyring: string;
  /** The clock that Date and Valid-Until are held against. */
  now?: () => Date;
}

export type EntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character-device'
  | 'block-device'
  | 'fifo';

/** One member of a tar archive. */
export interface EntryHeader {
  /** `usr/bin/env`: without a leading `./` and without a slash at its end. */
  name: string;
  type: EntryType;
  /** Permission bits, with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content; 0 for all but files. */
  size: number;
  mtime: Date;
  /** Target of a symbolic link as written; of a hard link the member's name, normalised. */
  linkname?: string;
  device?: { major: number; minor: number };
}

/** A member with its content still to be read; content that is not asked for is skipped. */
export interface TarEntry extends EntryHeader {
  content(): Promise<Buffer>;
}

export interface DebEntry extends EntryHeader {
  /** Content of a file that passed the filter. */
  data?: Buffer;
}

export type EntryFilter = (entry: EntryHeader) => boolean;

export interface Deb {
  /** `control`, `postinst`, `templates`, … → content. */
  control: Map<string, Buffer>;
  /** The data archive, read from the file while it is iterated, once. */
  data: AsyncIterable<TarEntry>;
}
