import type { Session } from './session.js';

/** Says that a build goes on by itself. */
export function tellDetached(session: Session, id: string, worker: { directory: string; pid: number }): void {
  if (session.json) session.print(JSON.stringify({ v: 1, type: 'detached', id, ...worker }));
  else session.print(process.stdout.isTTY ? `${id} → vapp attach ${id}` : id);
}
