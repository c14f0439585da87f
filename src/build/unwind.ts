import { VappError, VappErrors } from '../errors.js';
import type { Emit } from '../events.js';
import type { BuildContext } from './context.js';
import { describe } from './scope.js';

/** Removes what the failed build made, or leaves it for the user with `--keep`, and writes the end down. */
export async function unwind(context: BuildContext, error: unknown): Promise<void> {
  const { scope, emit, options } = context;
  if (options.keep) {
    const held = scope.held().map(describe).join(', ');
    if (held) emit({ type: 'notice', text: `kept: ${held} (vapp clean removes them)` });
    await telling(emit, () => scope.leave());
  } else {
    await tidy(context);
  }
  await telling(emit, () => writeEnd(context, error));
}

/** Removes what is still held. What cannot be removed changes nothing about how the build went: it is told, and stays in the journal. */
export async function tidy({ scope, emit }: BuildContext): Promise<void> {
  await telling(emit, () => scope.close());
}

function writeEnd({ journal, signal }: BuildContext, error: unknown): void {
  journal.write({
    op: 'end',
    state: signal.aborted ? 'cancelled' : 'failed',
    code: error instanceof VappError ? error.code : 'VAPP_INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  });
}

/** Whatever fails on the way out must not hide why the build failed. */
async function telling(emit: Emit, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failures = error instanceof VappErrors ? error.errors : [error];
    for (const failure of failures) emit({ type: 'warning', text: sentence(failure), hint: 'vapp clean' });
  }
}

function sentence(error: unknown): string {
  if (error instanceof VappError && error.why) return `${error.message}: ${error.why}`;
  return error instanceof Error ? error.message : String(error);
}
