// One build of the matrix: vapp's own command line in a process of its own, watched by its events.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { standInEnvironment, standInSpec } from '../stand-in/order.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const domainOf = { install: 'installer', bootloader: 'finisher', verify: 'verify' };

/** What does not build needs no stand-in, and starts sooner without it. */
function environment(world, { order, env: { jump, ...env } = {} }) {
  const own = order ? standInEnvironment({ real: world.real, ...order }) : {};
  const more = jump ? { NODE_OPTIONS: `${own.NODE_OPTIONS} --import=${jump}` } : {};
  return { ...world.env, ...own, ...more, ...env };
}

/** Runs a command of vapp in the world to its end. */
export const vapp = (world, args, o = {}) =>
  execa(process.execPath, [program, ...args, '--connect', world.uri], {
    env: environment(world, o),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });

export async function specFile(world, name, more = []) {
  const file = world.path('home', `${name}.yaml`);
  await writeFile(
    file,
    `${[...standInSpec, 'hypervisor: qemu', `disk: { size: ${world.real ? 4 : 2}GiB }`, ...more].join('\n')}\n`,
  );
  return file;
}

/** All builds, as `vapp builds` has them. */
export async function listBuilds(world) {
  const { stdout } = await vapp(world, ['builds', '--output', 'json']);
  return JSON.parse(stdout).builds;
}

/** The process that makes a build, or made it. */
export async function builderOf(world, id) {
  const journal = await readFile(world.path('state/vapp/builds', id, 'journal.jsonl'), 'utf8');
  return JSON.parse(journal.split('\n')[0]).pid;
}

export class Build {
  events = [];

  /** `o`: name, order, spec (further lines), detached. */
  static async start(world, o) {
    const build = new Build();
    Object.assign(build, { world, ...o });
    const spec = await specFile(world, o.name, o.spec);
    const plan = ['--pool', 'images', '--name', o.name];
    if (o.detached) {
      const begun = await vapp(world, ['build', spec, ...plan, '--detach'], o);
      if (begun.exitCode !== 0) throw new Error(begun.stderr);
      build.id = begun.stdout.trim().split('\n').at(-1).split(' ')[0];
      build.child = vapp(world, ['attach', build.id, '--output', 'json']);
    } else build.child = vapp(world, ['build', spec, ...plan, '--output', 'json'], o);
    build.#listen();
    return build;
  }

  #listen() {
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const event = JSON.parse(line);
      this.events.push(event);
      if (event.type === 'build') this.id = event.id;
    });
    this.child.then(() => {
      this.over = true;
    });
  }

  get directory() {
    return this.world.path('state/vapp/builds', this.id);
  }

  /** The process that builds. */
  pid = () => builderOf(this.world, this.id);

  /** Waits for an event, or for whatever else `look` finds; throws when the build ends before. */
  async until(look, seconds = 900) {
    const limit = Date.now() + seconds * 1000;
    while (!(await look(this))) {
      if (this.over) throw new Error(`the build ended before its moment: ${(await this.child).stderr}`);
      if (Date.now() > limit) throw new Error(`the moment did not come in ${seconds} s`);
      await sleep(100);
    }
  }

  saw = (test) => this.events.some(test);

  /** A moment at which the stage is well under way: its guest runs, or its first upload. */
  async reach(stage, early = false) {
    await this.until(() => this.saw((event) => event.type === 'stage' && event.stage === stage));
    if (stage === 'prepare' && !early)
      await this.until(() => this.saw(({ task }) => task?.startsWith('upload ')));
    if (stage === 'install') await this.until(() => this.saw(({ phase }) => phase === 'checking the mirror'));
    if (stage === 'bootloader' || stage === 'verify') {
      await this.until(async () =>
        (await this.world.virsh('list', '--name')).includes(`-${domainOf[stage]}`),
      );
      await sleep(2000);
    }
  }

  domain = (stage) => `vapp-build-${this.id}-${domainOf[stage]}`;

  /** The process of a guest, as libvirt noted it. */
  async guestPid(stage) {
    const file = this.world.path('run/libvirt/qemu/run', `${this.domain(stage)}.pid`);
    return Number(await readFile(file, 'utf8'));
  }

  /** How it ended: of a killed process, what vapp says of the build afterwards. */
  async end() {
    const { exitCode, signal, stderr } = await this.child;
    if (exitCode !== undefined && !this.detached) return { status: exitCode, says: stderr };
    if (!this.id || !existsSync(this.directory)) return { status: exitCode, says: stderr || signal };
    const waited = await vapp(this.world, ['wait', this.id]);
    return { status: waited.exitCode, says: `${waited.stdout}\n${waited.stderr}` };
  }
}
