import { gzipSync } from 'node:zlib';
import { openSuite, type Suite } from '../../src/archive/index.js';
import { type CpioEntry, writeCpio } from '../../src/installer/cpio.js';
import type { KitRequest } from '../../src/installer/kit-types.js';
import { installerModules } from '../../src/installer/modules.js';
import type { Pin } from '../../src/installer/pins.js';
import { directory, type FileTree, file, link } from '../../src/installer/tree.js';
import { writeUdeb } from '../../src/installer/write-udeb.js';
import { releases } from '../../src/releases.js';
import { makeKey, sha256, startServer, type TestServer, testContext } from '../archive/support.js';
import { packages, publish } from '../archive/test-archive.js';

export const kernelVersion = '6.12.1+deb13-amd64';

// Stands for ld.so, and with that for depmod: an index of the module files that it finds.
const loader = `#!/bin/sh
cd "$6/lib/modules/$7" || exit 1
find . -name '*.ko.xz' | LC_ALL=C sort | sed 's,^\\./,,; s/$/:/' > modules.dep
echo "index by \${4##*/}" > modules.alias
`;

const treeOf = (entries: readonly CpioEntry[]): FileTree =>
  new Map(entries.map((entry) => [entry.path, entry]));

const modules = (names: readonly string[]): CpioEntry[] =>
  names.map((name) => file(`usr/lib/modules/${kernelVersion}/kernel/${name}.ko.xz`, `module ${name}`));

/** An initrd as the release's images have it, small. */
export const netbootInitrd = (): Buffer =>
  gzipSync(
    writeCpio([
      ...['bin', 'lib', 'sbin'].map((name) => link(name, `usr/${name}`)),
      ...['usr', 'usr/lib', 'usr/lib/modules', `usr/lib/modules/${kernelVersion}`].map((path) =>
        directory(path),
      ),
      ...modules(['virtio_net']),
      link('usr/sbin/depmod', '../bin/kmod'),
      file('var/lib/dpkg/status', 'Package: anna\nStatus: install ok unpacked\nVersion: 1\n'),
      file(
        'var/lib/dpkg/info/anna.templates',
        'Template: anna/x\nType: string\nDescription: X\nDescription-de.UTF-8: Ü\n',
      ),
    ]),
  );

const images = 'usr/lib/debian-installer/images/13/amd64/text/debian-installer/amd64';

const archivePackages = (): Record<string, CpioEntry[]> => ({
  'debian-installer-13-netboot-amd64': [
    file(`${images}/linux`, 'kernel'),
    file(`${images}/initrd.gz`, netbootInitrd()),
  ],
  [`linux-image-${kernelVersion}`]: [
    ...modules(installerModules),
    ...['modules.order', 'modules.builtin', 'modules.builtin.modinfo'].map((name) =>
      file(`usr/lib/modules/${kernelVersion}/${name}`, ''),
    ),
  ],
  kmod: [file('usr/sbin/depmod', 'program', 0o755)],
  liblzma5: [],
  libzstd1: [],
  libc6: [file('usr/lib64/ld-linux-x86-64.so.2', loader, 0o755)],
  e2fsprogs: [file('usr/sbin/mke2fs', 'mke2fs', 0o755), file('etc/mke2fs.conf', '')],
  libext2fs2t64: [file('usr/lib/x86_64-linux-gnu/libext2fs.so.2.4', 'library')],
  'libcom-err2': [],
  libss2: [],
});

/** Components of the test's installer: one with data under /lib, and a debootstrap. */
export const components: Record<string, CpioEntry[]> = {
  'alpha-udeb': [directory('lib'), file('lib/alpha/run', 'alpha', 0o755)],
  'debootstrap-udeb': [file('usr/sbin/debootstrap', 'the real one', 0o755)],
};

const fields = (name: string): Map<string, string> =>
  new Map([
    ['Package', name],
    ['Version', '1.0'],
    ['Architecture', 'amd64'],
    ...(name === 'kmod' ? ([['Depends', 'libc6 (>= 2.38)']] as const) : []),
    ['Description', `test package ${name}`],
  ]);

const stanzaOf = (name: string, path: string, bytes: Buffer): string => {
  const lines = [...fields(name)].map(([field, value]) => `${field}: ${value}`);
  return [...lines, `Filename: ${path}`, `Size: ${bytes.length}`, `SHA256: ${sha256(bytes)}`, ''].join('\n');
};

const place = async (
  server: TestServer,
  contents: Record<string, CpioEntry[]>,
): Promise<Map<string, Pin & { stanza: string }>> => {
  const pins = new Map<string, Pin & { stanza: string }>();
  for (const [name, entries] of Object.entries(contents)) {
    const bytes = await writeUdeb({ control: fields(name), files: treeOf(entries) });
    const path = `pool/main/${name}_1.0_amd64.deb`;
    server.files.set(`/debian/${path}`, bytes);
    const pin = { name, version: '1.0', size: bytes.length, sha256: sha256(bytes), path };
    pins.set(name, { ...pin, stanza: stanzaOf(name, path, bytes) });
  }
  return pins;
};

export interface TestMirror {
  server: TestServer;
  suite: Suite;
  /** A request with a fresh cache. */
  request(): Promise<KitRequest & { notices: string[] }>;
}

export interface MirrorOptions {
  /** Packages that the index does not name. */
  without?: readonly string[];
  /** Whether the archive has a signed index of components. */
  signedComponents?: boolean;
  /** Components that the mirror does not have. */
  lost?: readonly string[];
}

/** A signed archive on this machine with everything that a kit is made of. */
export const testMirror = async (options: MirrorOptions = {}): Promise<TestMirror> => {
  const server = await startServer();
  const key = await makeKey();
  const debs = await place(server, archivePackages());
  const udebs = await place(server, components);
  for (const name of options.lost ?? []) server.files.delete(`/debian/${udebs.get(name)!.path}`);
  const listed = [...debs.values()].filter(({ name }) => !options.without?.includes(name));
  await publish(server, {
    keys: [key],
    date: new Date(Date.now() - 3_600_000),
    indexes: {
      'main/binary-amd64/Packages': packages(...listed.map(({ stanza }) => stanza)),
      ...(options.signedComponents && {
        'main/debian-installer/binary-amd64/Packages': packages(
          ...[...udebs.values()].map(({ stanza }) => stanza),
        ),
      }),
    },
  });
  const release = { ...releases['debian-13']!, keyring: key.public };
  const common = { mirror: `${server.url}/debian`, suite: 'trixie', components: ['main'], arch: 'amd64' };
  const suite = await openSuite({ ...common, keyring: key.public, ...(await testContext()) });
  const pins = { release: '13.0', components: [...udebs.values()] };
  return {
    server,
    suite,
    async request() {
      const context = await testContext();
      const notices: string[] = [];
      const emit: KitRequest['emit'] = (event) => {
        if (event.type === 'notice') notices.push(event.text);
      };
      return { ...context, emit, notices, suite, release, pins, components: Object.keys(components) };
    },
  };
};
