import { createReadStream, existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { type BuildRecord, goesOn, readBuild } from './records.js';

/** Milliseconds for which a process may still be writing its logs after the build's end is in the journal. */
const lingering = 2000;

/** Whether something may still be added to the build's files. */
export function isUnderWay(build: BuildRecord): boolean {
  if (goesOn(build)) return true;
  return build.pid !== undefined && Date.now() - Date.parse(build.ended ?? '') < lingering;
}

/** Hands what stands in a file after `offset` (bytes) to `sink` and returns the new end. A file that is not there is empty. */
export async function readOn(file: string, offset: number, sink: (chunk: Buffer) => void): Promise<number> {
  if (!existsSync(file) || statSync(file).size <= offset) return offset;
  let end = offset;
  for await (const chunk of createReadStream(file, { start: offset }) as AsyncIterable<Buffer>) {
    end += chunk.length;
    sink(chunk);
  }
  return end;
}

/** Calls `look` now, after each change in the build's directory, and once more when the build is over; ends then, or when `signal` aborts. */
export async function whileUnderWay(
  id: string,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<void> {
  const { directory } = readBuild(id);
  await look();
  while (!signal.aborted && isUnderWay(readBuild(id))) {
    await changed(directory, signal);
    await look();
  }
  await look();
}

/** Resolves with the record of the build once it is over; rejects with the reason of `signal`. */
export async function untilOver(id: string, signal: AbortSignal): Promise<BuildRecord> {
  await whileUnderWay(id, signal, async () => undefined);
  signal.throwIfAborted();
  return readBuild(id);
}

/** Waits for a change in the directory, at most a second: a process may end without one. */
export async function changed(directory: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const watcher = watched(directory, done);
    const timer = setTimeout(done, 1000);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      watcher?.close();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** Undefined where no more watches can be had (inotify(7): a user has 128 of them): the second that is waited at most has to do. */
function watched(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(directory, onChange).on('error', onChange);
  } catch {
    return undefined;
  }
}
