import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const hash = (digit: string): string => digit.repeat(64);
export const uuid = '01234567-89ab-cdef-0123-456789abcdef';

/** The names under which a cache keeps things, each once. */
export const places = {
  package: `sha256/aa/${hash('a')}`,
  repacked: `repacked/bb/${hash('b')}.zstd.deb`,
  note: `repacked/bb/${hash('b')}.zstd.deb.json`,
  kit: `kits/${hash('c')}/initrd`,
  request: `kits/requests/${hash('d')}`,
  finisher: `finishers/${hash('e')}`,
  finisherSum: `finishers/${hash('e')}.sum`,
  base: `base/${hash('f')}.tar`,
  baseSum: `base/${hash('f')}.tar.sum`,
  tree: `trees/${hash('0')}/usr/bin/true`,
  kernel: `trees/kernel-${hash('1')}/usr/lib/modules.dep`,
  part: `parts/${hash('2')}.host.4711.part`,
  fresh: `fresh/${hash('3')}.json`,
  suite: `suites/${hash('4')}.json`,
  foreign: 'lab/disk.raw',
} as const;

/** What killed processes leave. */
export const remains = [
  `sha256/aa/${hash('a')}.${uuid}.tmp`,
  `repacked/bb/${hash('b')}.zstd.deb.json.${uuid}.tmp`,
  `base/${hash('f')}.tar.${uuid}.tmp`,
  `kits/${hash('c')}.${uuid}/linux`,
  `trees/kernel-${hash('1')}.${uuid}/usr/lib/x`,
  'modules-Ab3_x9/lib/x',
] as const;

/** Writes a file of a cache. `used` is what its entry's last use shall be: of the directory below `shelf`, if it is one. */
export function put(cache: string, name: string, o: { used?: Date; size?: number } = {}): void {
  const path = join(cache, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.alloc(o.size ?? 10, 1));
  if (!o.used) return;
  utimesSync(path, o.used, o.used);
  const [shelf = '', entry = ''] = name.split('/');
  if (['kits', 'trees'].includes(shelf)) utimesSync(join(cache, shelf, entry), o.used, o.used);
}
