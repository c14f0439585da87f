import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import type { Reporter } from '../report/index.js';
import { abortOnSignals } from './signals.js';
import { watchStandardOutput } from './standard-output.js';

/** What a command gets besides its arguments. */
export interface Session extends AsyncDisposable {
  readonly json: boolean;
  readonly debug: boolean;
  /** Aborted by SIGINT, SIGTERM or SIGHUP, or when nobody reads standard output, with a VappError as the reason. */
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
  const json = args.output === 'json';
  const lastWords: string[] = [];
  let connection: Promise<Connection> | undefined;
  let reporter: Reporter | undefined;
  const forgetSignals = abortOnSignals(stop, (signal) => {
    const text = `${signal}: cancelling; once more ends vapp at once`;
    if (reporter) reporter.emit({ type: 'notice', text });
    else process.stderr.write(`${text}\n`);
  });
  watchStandardOutput(stop);
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
  try {
    return await connect(uri);
  } catch (cause) {
    if (!(cause instanceof VappError) || cause.code !== 'VAPP_LIBVIRT_UNREACHABLE') throw cause;
    throw new VappError(cause.code, `no libvirt daemon answers${uri ? ` at ${uri}` : ''}`, {
      why: cause.message,
      hint: cause.hint ?? 'vapp doctor',
      cause,
    });
  }
}

function reporterKind(output: string | undefined): 'live' | 'plain' | 'json' {
  if (output === 'json' || output === 'plain' || output === 'live') return output;
  return process.stdout.isTTY && !process.env.CI ? 'live' : 'plain';
}
