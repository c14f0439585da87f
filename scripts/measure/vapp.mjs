// `vapp build` as a user runs it, measured from outside: its guests and its own process by /proc, its stages by its JSON lines.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stateDirectory } from '../../dist/paths.js';
import { deleteTagged } from '../../dist/template/index.js';
import { domainMetadata } from '../../dist/template/list.js';
import { Run } from './vapp-run.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

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
  host.signal.addEventListener('abort', cancel, { once: true });
  try {
    const [status] = await once(child, 'close');
    host.signal.throwIfAborted();
    const isRight = until ? run.seconds !== undefined : status === 0 && run.result;
    if (!isRight) throw new Error(`vapp build failed (${status}):\n${run.errors}`);
    return run;
  } finally {
    run.stop();
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

/** Saves the template's disk as a file. */
export async function saveTemplateDisk({ connection, prefix }, file) {
  const domain = await connection.lookupDomain(prefix);
  const { pool, volume } = await domainMetadata(domain);
  await (await (await connection.lookupPool(pool)).lookupVolume(volume)).download(file);
}
