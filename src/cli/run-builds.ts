import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRequest, placeOf, takePlace } from '../build/build.js';
import type { Ticket } from '../build/queue/queue.js';
import { buildFiles, buildsDirectory } from '../build/records/workspace.js';
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
 * the exit status of the first, in the order given, that failed. Throws VAPP_NAME_TAKEN or VAPP_NAME_BUILDING before any has begun.
 */
export async function runBuilds(session: Session, orders: readonly Order[], jobs?: number): Promise<number> {
  const connection = await session.connection();
  const { uri } = connection;
  const tickets = await takePlaces(connection, orders);
  session.ignore(cancelSignal);
  // Each build listens.
  process.setMaxListeners(process.getMaxListeners() + orders.length);
  connection.setMaxListeners(0);
  await using sharing = shareConnection(connection, () => reconnect(uri));
  const shared = sharing.living;
  const reporter = await session.reportMany();
  const ends = await Promise.all(
    orders.map(async (order, index) => {
      const emit = reporter.build({ id: order.id, name: placeOf(order).template });
      return await one(session, { ...order, ticket: tickets[index]!, ...(jobs && { jobs }), shared, emit });
    }),
  );
  await session.endReporting();
  const statuses = ends.map((end) => tell(session, end, uri));
  return statuses.find((status) => status !== 0) ?? 0;
}

async function takePlaces(connection: Connection, orders: readonly Order[]): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  try {
    for (const order of orders) tickets.push(await takePlace(connection, order));
    return tickets;
  } catch (error) {
    for (const ticket of tickets) ticket[Symbol.dispose]();
    throw error;
  }
}

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
