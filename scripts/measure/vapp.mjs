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
import { warmVapp } from './warm.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sampleMilliseconds = 250;

/** Guests whose work ends with the finished disk. */
const makesDisk = (name) => /-(?:installer|finisher)$/.test(name);

/**
 * Builds the template `<prefix>` and gives { cpu, wall, disk, own, guests, rows }: seconds from the start of the command; `cpu` of the
 * installer's and the finisher's QEMU, `wall` to the verified template, `disk` to the finished disk, `own` of the command itself.
 */
export async function runVapp(host) {
  const warmed = await time(() => warmVapp(host));
  const began = performance.now();
  const child = startBuild(host);
  const run = new Run(child, began, host.emit);
  const sampler = setInterval(() => run.sample(), sampleMilliseconds);
  const onAbort = () => child.kill('SIGINT');
  host.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [status] = await once(child, 'close');
    host.signal.throwIfAborted();
    if (status !== 0 || !run.result) throw new Error(`vapp build failed (${status}):\n${run.errors}`);
  } finally {
    clearInterval(sampler);
    host.signal.removeEventListener('abort', onAbort);
  }
  host.scope.defer(`the template ${host.prefix}`, () =>
    deleteTagged(host.connection, host.prefix, { force: false }),
  );
  return { ...run.result, preparation: warmed };
}

async function time(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
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
  result;
  #ledger = new Ledger();
  #meter;
  #began;
  #pid;
  #own = 0;
  #build;
  #disk;
  #item;

  constructor(child, began, emit) {
    this.#began = began;
    this.#pid = child.pid;
    this.#meter = new GuestMeter(
      (name) => this.#build !== undefined && name.startsWith(`vapp-build-${this.#build}-`),
    );
    createInterface({ input: child.stdout }).on('line', (line) => this.#line(line, emit));
    child.stderr.on('data', (chunk) => {
      this.errors = (this.errors + chunk).slice(-8000);
    });
  }

  sample() {
    this.#meter.sample();
    this.#own = Math.max(this.#own, processSeconds(this.#pid, { children: true }) ?? 0);
    return { wall: (performance.now() - this.#began) / 1000, cpu: this.#meter.seconds() };
  }

  #line(line, emit) {
    const event = JSON.parse(line);
    if (event.type === 'build') this.#build = event.id;
    this.#charge(itemOf(event));
    if (event.type === 'stage' && event.stage === 'bootloader' && event.state === 'done')
      this.#disk = this.sample().wall;
    if (event.type === 'result') this.#end();
    emit(event);
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
