// A libvirt host of its own for the fault matrix: daemon, pools, directories and bystanders that no fault may touch.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { isAlive, processIdentity } from '../../dist/build/records/process-identity.js';
import { cacheDirectory } from '../../dist/paths.js';

const MiB = 2 ** 20;
// root's session daemon is the system's, so ours is of another user; its guests are, too.
const nobody = 65534;
const identity = process.getuid() === 0 ? { uid: nobody, gid: nobody } : {};

/** Sizes of the file systems that can be filled, for the stand-in and for Debian's installer. A tmpfs needs no loop device and no disk. */
const smallSizes = { images: 700 * MiB, state: 256 * MiB, 'small-cache': 4 * MiB };
const realSizes = { images: 4096 * MiB, state: 1024 * MiB, 'small-cache': 4 * MiB };

export class World {
  /** Short: the path of a UNIX socket has at most 107 bytes. */
  static async make({ real } = {}) {
    const world = new World();
    world.real = real;
    world.root = await mkdtemp(join(tmpdir(), 'vf-'));
    for (const part of [
      '',
      'run',
      'config',
      'config/libvirt',
      'data',
      'daemon-cache',
      'images',
      'others',
      'home',
    ])
      await world.#own(part);
    for (const [name, size] of Object.entries(real ? realSizes : smallSizes)) await world.#mount(name, size);
    await world.#own('images');
    await writeFile(world.path('config/libvirt/qemu.conf'), 'stdio_handler = "file"\n');
    await world.#fillCache();
    await world.startDaemon();
    await world.#makePools();
    await world.#makeBystanders();
    return world;
  }

  path = (...parts) => join(this.root, ...parts);

  get uri() {
    return `qemu+unix:///session?socket=${this.path('run/libvirt/libvirt-sock')}`;
  }

  /** The environment of vapp's processes. */
  get env() {
    return {
      PATH: process.env.PATH,
      LC_ALL: 'C.UTF-8',
      HOME: this.path('home'),
      XDG_STATE_HOME: this.path('state'),
      XDG_CACHE_HOME: this.path('cache'),
    };
  }

  async #own(part) {
    await mkdir(this.path(part), { recursive: true, mode: 0o755 });
    if (identity.uid !== undefined) await chown(this.path(part), identity.uid, identity.gid);
  }

  async #mount(name, size) {
    await mkdir(this.path(name), { recursive: true });
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'vapp-faults', this.path(name)]);
  }

  /** The user's cache in hard links: faults replace its files, they never write into them. */
  async #fillCache() {
    const from = process.env.VAPP_FAULTS_CACHE ?? cacheDirectory();
    await mkdir(this.path('cache/vapp'), { recursive: true });
    for (const name of ['base', 'finishers', 'fresh', 'kits', 'repacked', 'sha256', 'stand-ins', 'suites'])
      if (existsSync(join(from, name))) await execa('cp', ['-al', join(from, name), this.path('cache/vapp')]);
    // They hold ten thousands of files, and nothing writes into one that is whole.
    await mkdir(this.path('cache/vapp/trees'));
    for (const name of await readdir(join(from, 'trees')).catch(() => []))
      await symlink(join(from, 'trees', name), this.path('cache/vapp/trees', name));
  }

  /** Makes a file of the cache one that may be written. */
  async unshare(file) {
    await cp(file, `${file}.own`);
    await rm(file);
    await execa('mv', [`${file}.own`, file]);
  }

  async startDaemon() {
    const pidFile = this.path('run/libvirtd.pid');
    await promisify(execFile)('libvirtd', ['--daemon', '--pid-file', pidFile], {
      ...identity,
      env: {
        PATH: process.env.PATH,
        LC_ALL: 'C',
        HOME: this.root,
        XDG_RUNTIME_DIR: this.path('run'),
        XDG_CONFIG_HOME: this.path('config'),
        XDG_CACHE_HOME: this.path('daemon-cache'),
        XDG_DATA_HOME: this.path('data'),
      },
    });
    this.daemon = Number(await readFile(pidFile, 'utf8'));
    this.identity = { pid: this.daemon, ...processIdentity(this.daemon) };
  }

  /** Sends a signal to the daemon, and waits for its end where the signal means it. */
  async signalDaemon(name) {
    process.kill(this.daemon, name);
    if (name === 'SIGSTOP' || name === 'SIGCONT') return;
    while (existsSync(`/proc/${this.daemon}`)) await sleep(50);
  }

  /** Starts the daemon again, as systemd does, if it has died by itself; tells whether it had. */
  async reviveDaemon() {
    // One that dumps its core is there for a while yet.
    for (let tries = 0; tries < 30 && isAlive(this.identity); tries++) await sleep(100);
    if (isAlive(this.identity)) return false;
    await this.startDaemon();
    return true;
  }

  /** virsh, as a witness and as the one who disturbs. */
  async virsh(...args) {
    const { stdout } = await execa('virsh', ['-c', this.uri, ...args], { env: { LC_ALL: 'C' } });
    return stdout.trim();
  }

  async #makePools() {
    for (const name of ['images', 'others']) await this.makePool(name);
  }

  async makePool(name) {
    await this.virsh('pool-define-as', name, 'dir', '--target', this.path(name));
    await this.virsh('pool-start', name);
  }

  async #makeBystanders() {
    await writeFile(this.path('others/bystander.qcow2'), 'not of vapp');
    await writeFile(this.path('images/bystander.img'), 'not of vapp either');
    await mkdir(this.path('state/other'), { recursive: true });
    await writeFile(this.path('state/other/file'), 'of another program');
    await writeFile(this.path('home/file'), 'of the user');
    for (const pool of ['images', 'others']) await this.virsh('pool-refresh', pool);
    const xml = (name) => `<domain type='qemu'><name>${name}</name><memory unit='MiB'>16</memory>
      <os><type arch='x86_64'>hvm</type></os></domain>`;
    for (const name of ['bystander', 'bystander-running']) {
      await writeFile(this.path('data', `${name}.xml`), xml(name));
      await this.virsh('define', this.path('data', `${name}.xml`));
    }
    await this.virsh('start', 'bystander-running', '--paused');
  }

  /** All that is not of vapp, in a form that can be compared. */
  async bystanders() {
    const files = ['others/bystander.qcow2', 'images/bystander.img', 'state/other/file', 'home/file'];
    const sums = await Promise.all(files.map(async (file) => [file, await sumOf(this.path(file))]));
    return {
      files: Object.fromEntries(sums),
      xml: await this.virsh('dumpxml', '--inactive', 'bystander'),
      running: await this.virsh('dumpxml', 'bystander-running'),
      state: await this.virsh('domstate', '--reason', 'bystander-running'),
      pools: await this.virsh('pool-dumpxml', 'others').then((xml) =>
        xml.replace(/<(capacity|allocation|available).*\n/g, ''),
      ),
    };
  }

  /** What is there of vapp's: domains, volumes, processes, and parts of downloads. */
  async remains() {
    const names = (text) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
    const domains = names(await this.virsh('list', '--all', '--name')).filter(
      (name) => !name.startsWith('bystander'),
    );
    const volumes = (await readdir(this.path('images'))).filter(
      (name) => !['bystander.img', 'filler'].includes(name),
    );
    return { domains, volumes, guests: await this.#guests(), parts: await this.#parts() };
  }

  async #guests() {
    const { stdout } = await execa('pgrep', ['-af', 'qemu-system.*guest=vapp-'], { reject: false });
    return stdout
      .split('\n')
      .filter((line) => line.includes(this.path('data')) || line.includes(this.path('config')));
  }

  async #parts() {
    const found = await readdir(this.path('cache/vapp'), { recursive: true });
    const half = found.filter((name) => /\.tmp$|\.[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name));
    const builds = await readdir(this.path('state/vapp/builds')).catch(() => []);
    const left = await Promise.all(
      builds.map((id) => readdir(this.path('state/vapp/builds', id)).catch(() => [])),
    );
    const names = left
      .flat()
      .filter((name) =>
        ['archive', 'initrd', 'finisher-initrd', 'overlay.qcow2', 'boot-medium'].includes(name),
      );
    return [...half, ...names];
  }

  async end() {
    // A row may have been left in the middle, with the daemon stopped.
    if (!(await this.reviveDaemon())) await this.signalDaemon('SIGCONT');
    for (const name of await this.virsh('list', '--name').then((text) => text.split('\n').filter(Boolean)))
      await this.virsh('destroy', name);
    await this.signalDaemon('SIGKILL');
    for (const name of Object.keys(smallSizes))
      await execa('umount', ['-l', this.path(name)], { reject: false });
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const sumOf = async (file) => {
  const { mtimeMs } = await stat(file);
  return `${createHash('sha256')
    .update(await readFile(file))
    .digest('hex')} ${mtimeMs}`;
};
