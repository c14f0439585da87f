import { setMaxListeners } from 'node:events';
import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import type { ManyReporter, Reporter, ReporterKind, ReporterOptions } from '../report/index.js';
import { isWithin, type LogLevel } from '../report/level.js';
import { goesToJournal } from './service-output.js';
import { abortOnSignals, type SignalName, type SignalOptions } from './signals.js';
import { watchOutput } from './standard-output.js';

/** What a command gets besides its arguments. */
export interface Session extends AsyncDisposable {
  readonly json: boolean;
  /** Output goes to a terminal that can be drawn on. */
  readonly live: boolean;
  readonly debug: boolean;
  /** What is said and logged, if the user chose. */
  readonly logLevel: LogLevel | undefined;
  /** Standard error is systemd's journal, and the user wants no other form. */
  readonly service: boolean;
  /** Aborted by SIGINT, SIGTERM, SIGHUP or `vapp cancel`, or when nobody reads standard output, with a VappError as the reason. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** The one connection of this run, opened when first asked for; to `uri` where the user names none. */
  connection(uri?: string): Promise<Connection>;
  /** A line, or several, of the command's result on standard output. */
  print(text: string): void;
  /** A line for people on standard error, that no program needs. */
  say(text: string): void;
  /** Lines for standard error, shown after an error. */
  afterwards(...lines: string[]): void;
  readonly lastWords: readonly string[];
  /** For commands that a signal only stops looking on: what is said then instead of `cancelling`; nothing if undefined. */
  sayOnSignal(text: string | undefined): void;
  /** Switches the live or plain reporter on: for commands that take long. */
  startReporting(o?: ReporterOptions): Promise<void>;
  /** The same for several builds at once. */
  reportMany(): Promise<ManyReporter>;
  endReporting(): Promise<void>;
  /** From now on this signal changes nothing. */
  ignore(signal: SignalName): void;
}

export interface CommonArguments {
  connect?: string | undefined;
  output?: string;
  logLevel?: LogLevel;
  debug?: boolean;
}

export function openSession(args: CommonArguments, o: Pick<SignalOptions, 'ignored'> = {}): Session {
  const stop = new AbortController();
  // Many downloads may listen to it at once, and Node would warn of a leak.
  setMaxListeners(0, stop.signal);
  const json = args.output === 'json';
  const level = args.logLevel && { level: args.logLevel };
  const say = (text: string): void => {
    if (isWithin(args.logLevel ?? 'info', 'info')) process.stderr.write(`${text}\n`);
  };
  const lastWords: string[] = [];
  let connection: Promise<Connection> | undefined;
  let reporter: Reporter | undefined;
  let said: ((by: string) => string | undefined) | undefined;
  const onCancel = (by: string): void => {
    const more = by === 'SIGINT' || by === 'SIGTERM' ? '; once more ends vapp at once' : '';
    const text = said ? said(by) : `${by}: cancelling${more}`;
    if (text === undefined) return;
    if (reporter) reporter.emit({ type: 'notice', text });
    else say(text);
  };
  const ignored = [...(o.ignored ?? [])];
  const forgetSignals = abortOnSignals(stop, { ignored, onCancel });
  watchOutput(stop);
  return {
    json,
    live: reporterKind(args.output) === 'live',
    debug: args.debug ?? false,
    logLevel: args.logLevel,
    service: isAuto(args.output) && goesToJournal(process.stderr.fd),
    signal: stop.signal,
    emit: (event) => reporter?.emit(event),
    connection: (uri) => (connection ??= open(args.connect ?? uri, stop.signal)),
    print: (text) => void process.stdout.write(`${text}\n`),
    say,
    lastWords,
    afterwards: (...lines) => void lastWords.push(...lines),
    sayOnSignal: (text) => {
      said = () => text;
    },
    startReporting: async (options = {}) => {
      const { createReporter } = await import('../report/index.js');
      reporter ??= createReporter(reporterKind(args.output), process.stdout, { ...level, ...options });
    },
    reportMany: async () => {
      const { createManyReporter } = await import('../report/index.js');
      const many = createManyReporter(reporterKind(args.output), process.stdout, { ...level });
      reporter = many;
      return many;
    },
    ignore: (signal) => void ignored.push(signal),
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

async function open(uri: string | undefined, signal: AbortSignal): Promise<Connection> {
  const { connect } = await import('../libvirt/index.js');
  try {
    return await connect(uri, { signal });
  } catch (cause) {
    if (!(cause instanceof VappError) || cause.code !== 'VAPP_LIBVIRT_UNREACHABLE') throw cause;
    throw new VappError(cause.code, `no libvirt daemon answers${uri ? ` at ${uri}` : ''}`, {
      why: cause.message,
      hint: cause.hint ?? 'vapp doctor',
      cause,
    });
  }
}

const isAuto = (output: string | undefined): boolean => output === undefined || output === 'auto';

function reporterKind(output: string | undefined): ReporterKind {
  if (output === 'json' || output === 'plain' || output === 'live') return output;
  if (goesToJournal(process.stdout.fd)) return 'service';
  return process.stdout.isTTY && !process.env.CI ? 'live' : 'plain';
}
