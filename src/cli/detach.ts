import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from '../build/context.js';
import { buildFiles, makeBuildDirectory } from '../build/records/workspace.js';
import { deferred } from '../deferred.js';
import { VappError } from '../errors.js';
import { type FailureRecord, recordedError } from '../report/failure-record.js';
import type { LogLevel } from '../report/level.js';
import type { PortableSpec } from '../spec/restore.js';

/** What a detached build has to do. It goes over a socket pair: a command line is everybody's to read. */
export interface BuildJob {
  id: string;
  spec: PortableSpec;
  options: BuildOptions;
  /** URI; else as libvirt chooses. */
  connect?: string;
  /** How many builds may run at once. */
  jobs?: number;
  /** What of it is logged. */
  logLevel?: LogLevel;
  /** Take up the build of this id, with this spec and these options. */
  resume?: true;
}

/** The only message of the worker: its build is in the journal, or will never be. */
export type WorkerReport = { type: 'begun' } | FailureRecord;

const ownWorker = fileURLToPath(new URL('./worker.js', import.meta.url));

/**
 * Starts a process that builds in a session of its own (setsid(2)), so that neither the terminal nor its hang-up reaches it,
 * and returns once the build is in its journal. Rejects with the worker's error when it fails before, with
 * VAPP_BUILD_WORKER when it ends without a word, and with the reason of `signal`, after the worker has ended.
 */
export async function startWorker(
  job: BuildJob,
  signal: AbortSignal,
  program = ownWorker,
): Promise<{ directory: string; pid: number }> {
  const directory = makeBuildDirectory(job.id);
  const words = join(directory, buildFiles.worker);
  try {
    const worker = launch(program, job.id, words);
    const report = await firstWord(worker, job, { signal, words });
    if (report.type === 'error') throw recordedError(report);
    if (worker.connected) worker.disconnect();
    worker.unref();
    return { directory, pid: worker.pid ?? 0 };
  } finally {
    if (!existsSync(join(directory, buildFiles.journal))) rmSync(directory, { recursive: true, force: true });
  }
}

/** The id is an argument for those who look at ps(1). */
function launch(program: string, id: string, words: string): ChildProcess {
  const output = openSync(words, 'a', 0o600);
  try {
    return fork(program, [id], { detached: true, stdio: ['ignore', output, output, 'ipc'] });
  } finally {
    closeSync(output);
  }
}

async function firstWord(
  worker: ChildProcess,
  job: BuildJob,
  { signal, words }: { signal: AbortSignal; words: string },
): Promise<WorkerReport> {
  const { promise, resolve, reject } = deferred<WorkerReport>();
  const cancel = (): void => void worker.kill('SIGTERM');
  worker.once('message', (report: WorkerReport) => {
    if (!signal.aborted) resolve(report);
  });
  worker.once('error', (cause) => reject(silent(words, cause.message)));
  worker.once('exit', (status, by) =>
    reject(signal.aborted ? signal.reason : silent(words, by ? `ended by ${by}` : `exit status ${status}`)),
  );
  signal.addEventListener('abort', cancel, { once: true });
  // The channel closes when the worker ends too early, which its exit tells.
  worker.send(job, () => undefined);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function silent(words: string, why: string): VappError {
  const excerpt = existsSync(words) ? readFileSync(words, 'utf8').slice(-2000) : '';
  return new VappError('VAPP_BUILD_WORKER', 'the detached build ended before it began', {
    why,
    hint: 'build without --detach to see more',
    ...(excerpt && { excerpt }),
  });
}
