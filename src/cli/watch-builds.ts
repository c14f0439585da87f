import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildRecord, type EndedBuilds, goesOn, listBuilds } from '../build/records/records.js';
import { resumePoint } from '../build/records/resume-point.js';
import type { Session } from './session.js';

const everyMilliseconds = 1000;

type Text = (session: Pick<Session, 'json'>, builds: readonly BuildRecord[]) => string;

/** Shows the builds until a signal comes: on a terminal in place, else anew after each change. */
export async function watchBuilds(session: Session, text: Text): Promise<void> {
  session.sayOnSignal(undefined);
  const display = session.live ? await inPlace() : afterChange(session);
  const ended: EndedBuilds = new Map();
  while (!session.signal.aborted) {
    display.show(text(session, display.choose(listBuilds(undefined, ended))));
    await sleep(everyMilliseconds, undefined, { signal: session.signal }).catch(() => undefined);
  }
  display.end();
}

interface Display {
  /** Those that there is room for. */
  choose(builds: readonly BuildRecord[]): readonly BuildRecord[];
  show(text: string): void;
  end(): void;
}

function afterChange(session: Session): Display {
  let last = '';
  const show = (text: string): void => {
    if (text !== last) session.print(text);
    last = text;
  };
  return { choose: (builds) => builds, show, end: () => undefined };
}

async function inPlace(): Promise<Display> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  // A head line, and the line that the cursor is in.
  const room = (): number => Math.max(1, (process.stdout.rows ?? 24) - 2);
  return {
    choose: (builds) => latest(builds, room(), rowsOf),
    show: (text) => update(text),
    end: () => update.done(),
  };
}

/** A build that can be resumed has a line of its own below the table. */
const rowsOf = (build: BuildRecord): number => (resumePoint(build) ? 2 : 1);

/** As many builds as `room` rows have place for, in their order: the running ones, and of the others the latest. */
export function latest(
  builds: readonly BuildRecord[],
  room: number,
  rows: (build: BuildRecord) => number = () => 1,
): readonly BuildRecord[] {
  const byWorth = [...builds].sort(
    (a, b) => Number(goesOn(b)) - Number(goesOn(a)) || builds.indexOf(b) - builds.indexOf(a),
  );
  const chosen = new Set<BuildRecord>();
  let left = room;
  for (const build of byWorth) {
    if (left <= 0) break;
    left -= rows(build);
    if (left >= 0) chosen.add(build);
  }
  return builds.filter((build) => chosen.has(build));
}
