import { listPrefix } from './archive-tree.js';
import type { BaseSet } from './base-set.js';
import type { TarFile } from './tar-writer.js';
import type { Stanza, Suite } from './types.js';

/** debootstrap's `apt_dest deb`: the epoch's colon, the only one, is escaped. */
export const archiveName = ({ Package, Version, Architecture }: Stanza): string =>
  `${Package}_${Version}_${Architecture}.deb`.replace(':', '%3a');

/** Where debootstrap keeps packages. */
export const archives = 'var/cache/apt/archives';

/** debootstrap's state as its phases dldebs and save_variables leave it; of the latter only what `--unpack-tarball` reads. */
const stateFiles = (suite: Suite, set: BaseSet, stanzas: readonly Stanza[]): Record<string, string> => ({
  arch: `${suite.arch}\n`,
  base: `${set.base.join(' ')} \n`,
  debpaths: stanzas.map((stanza) => `${stanza.Package} /${archives}/${archiveName(stanza)}\n`).join(''),
  required: `${set.required.join('\n')}\n`,
  suite: `${suite.suite}\n`,
});

/** The index cut to what is installed: debootstrap reads all of it once for each pre-dependency. */
const indexText = (stanzas: readonly Stanza[]): string => stanzas.map(({ raw }) => `${raw}\n`).join('');

const listName = (suite: Suite, mirror: string): string =>
  `${listPrefix(mirror)}_dists_${suite.suite}_main_binary-${suite.arch}_Packages`;

/** All of the tarball but the packages. `mirror` is the URL by which the guest calls it. */
export const textFiles = (
  suite: Suite,
  mirror: string,
  set: BaseSet,
  stanzas: readonly Stanza[],
): TarFile[] => {
  const state = Object.entries(stateFiles(suite, set, stanzas));
  return [
    ...state.map(([name, text]) => ({ name: `debootstrap/${name}`, data: Buffer.from(text) })),
    { name: `var/lib/apt/lists/${listName(suite, mirror)}`, data: Buffer.from(indexText(stanzas)) },
  ];
};

/** As `mk_download_dirs` makes them; apt wants the `partial` ones. */
export const directories = [
  'debootstrap',
  'var/cache/apt',
  archives,
  `${archives}/partial`,
  'var/lib/apt',
  'var/lib/apt/lists',
  'var/lib/apt/lists/partial',
];
