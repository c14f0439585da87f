import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRequest, placeOf, queueUp } from '../build/build.js';
import type { Ticket } from '../build/queue/queue.js';
import { buildFiles, buildsDirectory } from '../build/records/workspace.js';
import { VappError } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import { prioritised } from '../report/service.js';
import { reportFailure } from './failure.js';
import { doneText } from './outcome.js';
import { reconnect } from './reconnect.js';
import { runBuild } from './run-build.js';
import type { Session } from './session.js';
import { shareConnection } from './share-connection.js';
import { cancelError, cancelSignal } from './signals.js';

export type Order = Pick<BuildRequest, 'id' | 'resolved' | 'specText' | 'options'>;

type End = { id: string } & ({ template: string } | { error: unknown; lastWords: readonly string[] });

/**
 * Several builds in this process, as many at once as `jobs` says or the host carries; the others wait in their order. Resolves with
 * the exit status of the first, in the order given, that failed. One whose name the host has, or builds already, is told at once.
 */
export async function runBuilds(session: Session, orders: readonly Order[], jobs?: number): Promise<number> {
  const connection = await session.connection();
  const { uri } = connection;
  const places = await takePlaces(connection, orders);
  const early = places.map((place) => ('ticket' in place ? undefined : tell(session, place, uri)));
  const begun = places.filter((place) => 'ticket' in place);
  session.ignore(cancelSignal);
  // Each build listens.
  process.setMaxListeners(process.getMaxListeners() + begun.length);
  connection.setMaxListeners(0);
  await using sharing = shareConnection(connection, () => reconnect(uri));
  const shared = sharing.living;
  const reporter = await session.reportMany();
  const ends = await Promise.all(
    begun.map(async ({ ticket, order }) => {
      const emit = reporter.build({ id: order.id, name: placeOf(order).template });
      const end = await one(session, { ...order, ticket, ...(jobs && { jobs }), shared, emit });
      reporter.over(order.id);
      return end;
    }),
  );
  await session.endReporting();
  const late = ends.map((end) => tell(session, end, uri));
  return early.map((status) => status ?? late.shift()!).find((status) => status !== 0) ?? 0;
}

type Place = { order: Order; ticket: Ticket } | Extract<End, { error: unknown }>;

/** A place in the queue for each, or why it is refused: the others have a right to be, too. */
async function takePlaces(connection: Connection, orders: readonly Order[]): Promise<Place[]> {
  const places: Place[] = [];
  try {
    for (const order of orders) places.push(await placeFor(connection, order));
    return places;
  } catch (error) {
    for (const place of places) if ('ticket' in place) place.ticket[Symbol.dispose]();
    throw error;
  }
}

async function placeFor(connection: Connection, order: Order): Promise<Place> {
  try {
    return { order, ticket: await queueUp(connection, order) };
  } catch (error) {
    if (!(error instanceof VappError) || !namesTaken.has(error.code)) throw error;
    return { id: order.id, error, lastWords: [] };
  }
}

const namesTaken: ReadonlySet<string> = new Set(['VAPP_NAME_TAKEN', 'VAPP_NAME_BUILDING']);

/** One of them. Never rejects. */
async function one(
  session: Session,
  { emit, ...order }: Order & Pick<BuildRequest, 'emit' | 'ticket' | 'jobs' | 'shared'>,
): Promise<End> {
  using cancelled = watchCancel(order.id);
  const lastWords: string[] = [];
  const signal = AbortSignal.any([session.signal, cancelled.signal]);
  const afterwards = (...lines: string[]): void => void lastWords.push(...lines);
  try {
    return { id: order.id, template: await runBuild({ ...session, emit, signal, afterwards }, order) };
  } catch (error) {
    return { id: order.id, error, lastWords };
  }
}

/** `vapp cancel` of one build sends its signal to the process of them all, and leaves a file in the directory of the one it means. */
function watchCancel(id: string): Disposable & { signal: AbortSignal } {
  const stop = new AbortController();
  const file = join(buildsDirectory(), id, buildFiles.cancel);
  const look = (): void => {
    if (existsSync(file)) stop.abort(cancelError());
  };
  process.on(cancelSignal, look);
  return { signal: stop.signal, [Symbol.dispose]: () => void process.off(cancelSignal, look) };
}

/** Says how a build went, and gives its exit status. */
function tell(session: Session, end: End, uri: string): number {
  if ('template' in end) {
    if (!session.json) session.print(doneText(end.template, uri));
    return 0;
  }
  const { json, debug, service } = session;
  if (!json) process.stderr.write(`${service ? prioritised('error', end.id) : end.id}\n`);
  return reportFailure(end.error, { json, debug, service, lastWords: end.lastWords, build: end.id });
}
