/** A part of the installation as people see it. */
export interface Phase {
  name: string;
  /** Begins with a syslog line that fits. The first phase runs from power-on. */
  begins?: RegExp;
  /** Share in the work of an installation: CPU seconds under TCG, measured for a minimal system. */
  share: number;
  /** Unpacking and configuring so many packages is the whole phase; each counts twice. */
  packages?: number;
}

const menu = (...items: string[]): RegExp =>
  new RegExp(`main-menu\\[\\d+\\]: INFO: Menu item '(?:${items.join('|')})' selected`);

/** In the order in which Debian's installer reaches them. A new menu item or pattern is one more row. */
export const phases: readonly Phase[] = [
  { name: 'starting the installer kernel', share: 10 },
  { name: 'starting the installer', begins: /syslogd started/, share: 3 },
  { name: 'detecting hardware', begins: menu('ethdetect'), share: 2 },
  { name: 'configuring the network', begins: menu('netcfg'), share: 2 },
  { name: 'checking the mirror', begins: menu('choose-mirror'), share: 2 },
  { name: 'loading installer components', begins: menu('download-installer'), share: 1 },
  { name: 'setting up users and clock', begins: menu('user-setup-udeb', 'clock-setup'), share: 2 },
  { name: 'detecting disks', begins: menu('disk-detect'), share: 3 },
  { name: 'partitioning', begins: menu('partman-base'), share: 12 },
  { name: 'fetching the base system', begins: menu('bootstrap-base'), share: 16 },
  {
    name: 'installing the base system',
    begins: /debootstrap: (?:dpkg: warning: parsing|Selecting previously|\(Reading database)/,
    share: 128,
    packages: 145,
  },
  {
    name: 'installing the kernel',
    begins: /base-installer: (?:(?:Hit|Get|Ign):\d|info: )/,
    share: 56,
    packages: 20,
  },
  { name: 'configuring apt', begins: menu('apt-setup-udeb'), share: 7 },
  { name: 'installing packages', begins: menu('pkgsel'), share: 38, packages: 30 },
  { name: 'finishing the installation', begins: menu('nobootloader', 'finish-install'), share: 9 },
];

const total = phases.reduce((sum, { share }) => sum + share, 0);

/** Follows the syslog through the table. The percent never falls, and 100 is left to the end mark. */
export class PhaseTracker {
  #index = 0;
  #counted = 0;
  #expected: number | undefined;
  #percent = 0;

  get phase(): Phase {
    return phases[this.#index]!;
  }

  /** Of the whole installation, 0–99. */
  get percent(): number {
    const before = phases.slice(0, this.#index).reduce((sum, { share }) => sum + share, 0);
    const packages = this.#expected ?? this.phase.packages;
    const within = packages ? Math.min(0.97, this.#counted / (2 * packages)) : 0;
    this.#percent = Math.max(this.#percent, (100 * (before + this.phase.share * within)) / total);
    return Math.min(99, this.#percent);
  }

  /** True when this line begins a later phase. */
  line(text: string): boolean {
    for (let index = phases.length - 1; index > this.#index; index--) {
      if (!phases[index]!.begins?.test(text)) continue;
      this.#index = index;
      this.#counted = 0;
      this.#expected = undefined;
      return true;
    }
    return false;
  }

  /** One package was unpacked or set up. */
  package(): void {
    this.#counted++;
  }

  /** apt has said how many packages it is about to install in one of several rounds of a phase. */
  announce(packages: number): void {
    this.#expected = Math.max(this.phase.packages ?? 0, Math.ceil(this.#counted / 2) + packages);
  }
}

export type Work = { verb: 'unpacking' | 'configuring'; package: string };

/** What dpkg is doing, from a line of the installer's syslog whatever program passed it on. */
export const workOf = (line: string): Work | undefined => {
  const match = /: (Unpacking|Setting up) ([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9]+)? \(/.exec(line);
  if (!match) return undefined;
  return { verb: match[1] === 'Unpacking' ? 'unpacking' : 'configuring', package: match[2]! };
};

/** `5 newly installed` of apt's summary line. */
export const announcedBy = (line: string): number | undefined => {
  const match = /: \d+ upgraded, (\d+) newly installed,/.exec(line);
  return match ? Number(match[1]) : undefined;
};

/** The menu item that the installer has chosen. */
export const menuItemOf = (line: string): string | undefined =>
  /main-menu\[\d+\]: INFO: Menu item '([^']+)' selected/.exec(line)?.[1];

export type Mark = { mark: 'run'; index: number } | { mark: 'failed'; text: string } | { mark: 'end' };

/** vapp's own marks, under the log tag of its hooks: what packages and run lines print has the tag `in-target`. */
export const markOf = (line: string): Mark | undefined => {
  const match = /^\S+ +\d+ [\d:]+ vapp: VAPP (run|failed|end)\b ?(.*)$/.exec(line);
  if (!match) return undefined;
  if (match[1] === 'run') return { mark: 'run', index: Number.parseInt(match[2]!, 10) };
  if (match[1] === 'failed') return { mark: 'failed', text: match[2]! };
  return match[2] === 'ok' ? { mark: 'end' } : undefined;
};
