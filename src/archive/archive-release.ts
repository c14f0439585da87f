import type { ReleaseFile } from './types.js';

/** An index file of the archive, its path below `dists/SUITE/`. */
export interface IndexFile {
  path: string;
  size: number;
  sha256: string;
}

/** What apt, debootstrap and the installer's choose-mirror read to know a suite; the rest would promise files that are not there. */
const copiedFields = ['Origin', 'Label', 'Suite', 'Version', 'Codename', 'Date', 'Description'];

/** `updates/main`, as the security archive says it, is the component `main`: apt-secure(8) drops what is before the slash. */
export const componentTail = (component: string): string => component.slice(component.lastIndexOf('/') + 1);

/**
 * The Release text of a cut-down suite: the real suite's identity, this archive's files, no Valid-Until. `No-Support-for-…`, as in
 * the real ones, keeps apt from asking for a separate index of packages for all architectures.
 */
export const releaseText = (
  release: ReleaseFile,
  o: { arch: string; components: readonly string[]; files: readonly IndexFile[] },
): string => {
  const named = release.components.filter((component) => o.components.includes(componentTail(component)));
  const lines = copiedFields.flatMap((name) => {
    const value = release.fields.get(name);
    return value === undefined ? [] : `${name}: ${value.replaceAll('\n', '\n ')}`;
  });
  const sums = o.files.map(({ sha256, size, path }) => ` ${sha256} ${String(size).padStart(8)} ${path}`);
  return [
    ...lines,
    'Acquire-By-Hash: yes',
    'No-Support-for-Architecture-all: Packages',
    `Architectures: all ${o.arch}`,
    `Components: ${(named.length > 0 ? named : o.components).join(' ')}`,
    'SHA256:',
    ...sums,
    '',
  ].join('\n');
};

/** The small Release file beside an index: choose-mirror asks for it to see whether a component is there. */
export const componentRelease = (release: ReleaseFile, component: string, arch: string): string => {
  const archive = release.suite ?? release.codename ?? '';
  const head = [
    ['Archive', archive],
    ['Origin', release.origin],
    ['Label', release.fields.get('Label')],
    ['Version', release.version],
    ['Component', component],
    ['Architecture', arch],
  ];
  return head.map(([name, value]) => (value ? `${name}: ${value}\n` : '')).join('');
};

/** A stanza that tells of a repacked file: other size and SHA-256, the weaker sums gone, all else byte for byte. */
export const repackedStanza = (raw: string, file: { size: number; sha256: string }): string =>
  raw
    .replace(/^(MD5sum|SHA1|SHA512): .*\n/gm, '')
    .replace(/^Size: .*$/m, `Size: ${file.size}`)
    .replace(/^SHA256: .*$/m, `SHA256: ${file.sha256}`);
