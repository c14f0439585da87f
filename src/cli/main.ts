#!/usr/bin/env node
import type { CommandModule } from './command.js';
import { commandLine, commonArguments } from './command-line.js';
import { hideExperimentalWarnings } from './node-warnings.js';
import type { Session } from './session.js';

hideExperimentalWarnings();
const status = await main(process.argv.slice(2));
// A standard output that could not be written has set its own status already.
process.exitCode ||= status;

/** Parses the command line, runs one command and returns the exit status (docs/errors.md). */
async function main(args: readonly string[]): Promise<number> {
  let result = 0;
  const parser = commandLine(args, async (command, parsed) => {
    const { openSession } = await import('./session.js');
    const module = await command.load();
    await using session = openSession(commonArguments(parsed));
    result = await runCommand(module, session, parsed);
  });
  try {
    await parser.parseAsync();
    return result;
  } catch (error) {
    const [{ goesToJournal }, { watchOutput }, { asUsageError }] = await Promise.all([
      import('./service-output.js'),
      import('./standard-output.js'),
      import('./usage-error.js'),
    ]);
    // No session does.
    watchOutput(new AbortController());
    const service = goesToJournal(process.stderr.fd);
    const json = wantsJson(args);
    return await fail(asUsageError(error, args), {
      json,
      debug: args.includes('--debug'),
      service,
      lastWords: [],
    });
  }
}

/** Of a command line that could not be parsed. */
function wantsJson(args: readonly string[]): boolean {
  return / --output[ =]json /.test(` ${args.join(' ')} `);
}

/** The display is closed before the error is printed, so that neither overwrites the other. */
async function runCommand(
  module: CommandModule,
  session: Session,
  args: Record<string, unknown>,
): Promise<number> {
  try {
    return (await module.run(session, args)) ?? 0;
  } catch (error) {
    await session.endReporting();
    return await fail(error, session);
  }
}

type Failure = Pick<Session, 'json' | 'debug' | 'service' | 'lastWords'>;

async function fail(error: unknown, o: Failure): Promise<number> {
  const { reportFailure } = await import('./failure.js');
  return reportFailure(error, o);
}
