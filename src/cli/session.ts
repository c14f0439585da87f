import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import type { Reporter } from '../report/index.js';

/** What a command gets besides its arguments. */
export interface Session extends AsyncDisposable {
  readonly json: boolean;
  readonly debug: boolean;
  /** Aborted by SIGINT, SIGTERM or SIGHUP, with a VappError as the reason. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** The one connection of this run, opened when first asked for. */
  connection(): Promise<Connection>;
  /** A line, or several, of the command's result on standard output. */
  print(text: string): void;
  /** Lines for standard error, shown after an error. */
  afterwards(...lines: string[]): void;
  readonly lastWords: readonly string[];
  /** Switches the live or plain reporter on: for commands that take long. */
  startReporting(): Promise<void>;
  endReporting(): Promise<void>;
}

export interface CommonArguments {
  connect?: string | undefined;
  output?: string;
  debug?: boolean;
}

export function openSession(args: CommonArguments): Session {
  const stop = new AbortController();
  const forgetSignals = abortOnSignals(stop);
  const json = args.output === 'json';
  const lastWords: string[] = [];
  let connection: Promise<Connection> | undefined;
  let reporter: Reporter | undefined;
  return {
    json,
    debug: args.debug ?? false,
    signal: stop.signal,
    emit: (event) => reporter?.emit(event),
    connection: () => (connection ??= open(args.connect)),
    print: (text) => void process.stdout.write(`${text}\n`),
    lastWords,
    afterwards: (...lines) => void lastWords.push(...lines),
    startReporting: async () => {
      const { createReporter } = await import('../report/index.js');
      reporter ??= createReporter(reporterKind(args.output), process.stdout, {});
    },
    endReporting: async () => {
      await reporter?.close();
      reporter = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await reporter?.close();
      await connection?.then(
        (opened) => opened.close(),
        () => undefined,
      );
      forgetSignals();
    },
  };
}

async function open(uri: string | undefined): Promise<Connection> {
  const { connect } = await import('../libvirt/index.js');
  return await connect(uri);
}

function reporterKind(output: string | undefined): 'live' | 'plain' | 'json' {
  if (output === 'json' || output === 'plain' || output === 'live') return output;
  return process.stdout.isTTY && !process.env.CI ? 'live' : 'plain';
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal asks for an orderly end; a second one of the same kind ends the process at once, as the user insists. */
function abortOnSignals(stop: AbortController): () => void {
  const handlers = signals.map((name) => {
    const handler = (): void => {
      process.removeListener(name, handler);
      stop.abort(new VappError('VAPP_CANCELLED', `cancelled by ${name}`));
    };
    process.on(name, handler);
    return { name, handler };
  });
  return () => {
    for (const { name, handler } of handlers) process.removeListener(name, handler);
  };
}
