// `vapp build` as a user runs it, measured from outside: its guests and its own process by /proc, its stages by its JSON lines.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stateDirectory } from '../../dist/paths.js';
import { deleteTagged } from '../../dist/template/index.js';
import { domainMetadata } from '../../dist/template/list.js';
import { itemOf, Ledger } from './ledger.mjs';
import { GuestMeter, processSeconds } from './process.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sampleMilliseconds = 250;

/** Guests whose work ends with the finished disk. */
const makesDisk = (name) => /-(?:installer|finisher)$/.test(name);

/**
 * Builds the template `<prefix>` and gives { cpu, wall, disk, own, guests, rows, preparation }: seconds from the start of the command;
 * `cpu` of the installer's and the finisher's QEMU, `wall` to the verified template, `disk` to the finished disk, `own` of the
 * command itself. `preparation` is what came before: a first build up to its installer guest, which leaves kit, finisher and packages in
 * the cache.
 */
export async function runVapp(host) {
  host.say('vapp: a first build up to its installer fills the cache');
  const first = await runBuild(host, {
    until: (event) => event.type === 'stage' && event.stage === 'install',
  });
  const { result } = await runBuild(host, {});
  host.scope.defer(`the template ${host.prefix}`, () =>
    deleteTagged(host.connection, host.prefix, { force: false }),
  );
  return { ...result, preparation: first.seconds };
}

/** Runs the command to its end, or cancels it, as a user would, at the first event for which `until` holds. */
async function runBuild(host, { until }) {
  const child = startBuild(host);
  const cancel = () => child.kill('SIGINT');
  const run = new Run(child, { emit: host.emit, ...(until && { until, cancel }) });
  const sampler = setInterval(() => run.sample(), sampleMilliseconds);
  host.signal.addEventListener('abort', cancel, { once: true });
  try {
    const [status] = await once(child, 'close');
    host.signal.throwIfAborted();
    const isRight = until ? run.seconds !== undefined : status === 0 && run.result;
    if (!isRight) throw new Error(`vapp build failed (${status}):\n${run.errors}`);
    return run;
  } finally {
    clearInterval(sampler);
    host.signal.removeEventListener('abort', cancel);
  }
}

/** In a process group of its own: Ctrl-C of the terminal must reach it once, through us. Its state is not the user's. */
function startBuild({ connection, spec, prefix, directory }) {
  const state = join(directory, 'state');
  rememberProbes(state);
  const args = [program, '--connect', connection.uri, 'build', spec, '--name', prefix, '--output', 'json'];
  const env = { ...process.env, XDG_STATE_HOME: state };
  return spawn(process.execPath, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Whether KVM works is found out once per host, so that it is no cost of a build. */
function rememberProbes(state) {
  const known = join(stateDirectory(), 'kvm-probes.json');
  mkdirSync(join(state, 'vapp'), { recursive: true, mode: 0o700 });
  if (existsSync(known)) copyFileSync(known, join(state, 'vapp', 'kvm-probes.json'));
}

class Run {
  errors = '';
  /** Of a build that came to its end. */
  result;
  /** After so many seconds it was cancelled. */
  seconds;
  #ledger = new Ledger();
  #meter;
  #began = performance.now();
  #pid;
  #own = 0;
  #build;
  #disk;
  #item;
  #o;

  constructor(child, o) {
    this.#o = o;
    this.#pid = child.pid;
    this.#meter = new GuestMeter(
      (name) => this.#build !== undefined && name.startsWith(`vapp-build-${this.#build}-`),
    );
    createInterface({ input: child.stdout }).on('line', (line) => this.#event(JSON.parse(line)));
    child.stderr.on('data', (chunk) => {
      this.errors = (this.errors + chunk).slice(-8000);
    });
  }

  sample() {
    this.#meter.sample();
    this.#own = Math.max(this.#own, processSeconds(this.#pid, { children: true }) ?? 0);
    return { wall: (performance.now() - this.#began) / 1000, cpu: this.#meter.seconds() };
  }

  #event(event) {
    if (event.type === 'build') this.#build = event.id;
    this.#charge(itemOf(event));
    if (event.type === 'stage' && event.stage === 'bootloader' && event.state === 'done')
      this.#disk = this.sample().wall;
    if (event.type === 'result') this.#end();
    this.#o.emit(event);
    if (this.seconds !== undefined || !this.#o.until?.(event)) return;
    this.seconds = this.sample().wall;
    this.#o.cancel();
  }

  #charge(item) {
    if (item === undefined || item === this.#item) return;
    this.#item = item;
    this.#ledger.mark(item, this.sample());
  }

  #end() {
    const now = this.sample();
    this.#ledger.close(now);
    this.result = {
      cpu: this.#meter.seconds(makesDisk),
      wall: now.wall,
      disk: this.#disk,
      own: this.#own,
      guests: now.cpu,
      rows: this.#ledger.rows,
    };
  }
}

/** Saves the template's disk as a file. */
export async function saveTemplateDisk({ connection, prefix }, file) {
  const domain = await connection.lookupDomain(prefix);
  const { pool, volume } = await domainMetadata(domain);
  await (await (await connection.lookupPool(pool)).lookupVolume(volume)).download(file);
}
