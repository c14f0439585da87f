import { execFileSync } from 'node:child_process';
import { clearsign, sha256, type TestKey, type TestServer } from './support.js';

export const now = new Date('2026-06-15T12:00:00Z');

export interface ArchiveOptions {
  date?: Date;
  validUntil?: Date;
  suite?: string;
  codename?: string;
  components?: readonly string[];
  architectures?: string;
  byHash?: boolean;
  /** Field of the sums; SHA256 is what can be trusted. */
  sums?: 'SHA256' | 'SHA1' | 'MD5Sum';
  /** Packages text per index path below dists/SUITE. */
  indexes?: Readonly<Record<string, string>>;
  keys?: readonly TestKey[];
  signedAt?: Date;
  extraFields?: string;
}

export const stanza = (name: string, version = '1.0', more = ''): string =>
  [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: amd64',
    ...(more ? [more] : []),
    `Filename: pool/main/${name}_${version}_amd64.deb`,
    `Size: ${Buffer.byteLength(debContent(name))}`,
    `SHA256: ${sha256(debContent(name))}`,
    '',
  ].join('\n');

export const debContent = (name: string): string => `content of ${name}`;

export const packages = (...stanzas: string[]): string => stanzas.map((text) => `${text}\n`).join('');

const xz = (text: string): Buffer => execFileSync('xz', ['-c'], { input: text });

const sumLines = (files: ReadonlyMap<string, Buffer>): string =>
  [...files].map(([path, data]) => ` ${sha256(data)} ${data.length} ${path}`).join('\n');

/** Puts a small signed suite `trixie` onto the server and returns the text that was signed. */
export const publish = async (server: TestServer, options: ArchiveOptions): Promise<string> => {
  const {
    suite = 'stable',
    codename = 'trixie',
    components = ['main'],
    sums = 'SHA256',
    date = now,
  } = options;
  const indexes = options.indexes ?? { 'main/binary-amd64/Packages': packages(stanza('hello')) };
  const listed = new Map<string, Buffer>();
  const base = '/debian/dists/trixie';
  for (const [path, text] of Object.entries(indexes)) {
    const packed = xz(text);
    listed.set(path, Buffer.from(text)).set(`${path}.xz`, packed);
    const directory = path.slice(0, path.lastIndexOf('/'));
    if (options.byHash !== false)
      server.files.set(`${base}/${directory}/by-hash/SHA256/${sha256(packed)}`, packed);
    else server.files.set(`${base}/${path}.xz`, packed);
  }
  const release = [
    'Origin: Test',
    `Suite: ${suite}`,
    `Codename: ${codename}`,
    `Date: ${date.toUTCString().replace('GMT', 'UTC')}`,
    ...(options.validUntil ? [`Valid-Until: ${options.validUntil.toUTCString().replace('GMT', 'UTC')}`] : []),
    ...(options.byHash === false ? [] : ['Acquire-By-Hash: yes']),
    `Architectures: ${options.architectures ?? 'amd64'}`,
    `Components: ${components.join(' ')}`,
    ...(options.extraFields ? [options.extraFields] : []),
    `${sums}:`,
    sumLines(listed),
  ].join('\n');
  server.files.set(
    `${base}/InRelease`,
    await clearsign(release, options.keys ?? [], options.signedAt ?? date),
  );
  return `${release}\n`;
};
