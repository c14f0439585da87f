#!/usr/bin/env node
import yargs from 'yargs';
import { VappError } from '../errors.js';
import { version } from '../version.js';
import type { Command, CommandModule } from './command.js';
import { commands } from './commands.js';
import type { CommonArguments, Session } from './session.js';

const argv = process.argv.slice(2);
process.exitCode = await main(argv);

/** Parses the command line, runs one command and returns the exit status (docs/errors.md). */
async function main(args: readonly string[]): Promise<number> {
  let status = 0;
  const parser = yargs([...args])
    .scriptName('vapp')
    .usage('$0 <command> [options]')
    .version(version)
    .option('connect', {
      alias: 'c',
      type: 'string',
      global: true,
      describe: 'libvirt URI',
      requiresArg: true,
    })
    .option('output', {
      choices: ['auto', 'live', 'plain', 'json'] as const,
      default: 'auto',
      global: true,
      describe: 'how to report',
    })
    .option('debug', {
      type: 'boolean',
      default: false,
      global: true,
      describe: 'show causes and stack traces',
    })
    .demandCommand(1, 'Name a command.')
    .strict()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new VappError('VAPP_USAGE', message ?? 'bad command line', { hint: 'vapp --help' });
    });
  for (const command of commands) register(command);
  try {
    await parser.parseAsync();
  } catch (error) {
    return await fail(error, args.includes('--debug'), []);
  }
  return status;

  function register(command: Command): void {
    parser.command(
      command.usage,
      command.summary,
      async (options) => (await command.load()).options?.(options) ?? options,
      async (parsed) => {
        const { openSession } = await import('./session.js');
        const module = await command.load();
        await using session = openSession(parsed as CommonArguments);
        status = await runCommand(module, session, parsed);
      },
    );
  }
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
    return await fail(error, session.debug, session.lastWords);
  }
}

async function fail(error: unknown, debug: boolean, lastWords: readonly string[]): Promise<number> {
  const { reportFailure } = await import('./failure.js');
  return reportFailure(error, { debug, lastWords });
}
