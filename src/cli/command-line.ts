import yargs, { type Argv } from 'yargs';
import { logLevels } from '../report/level.js';
import { version } from '../version.js';
import type { Command } from './command.js';
import { commands } from './commands.js';
import type { CommonArguments } from './session.js';
import { usageError } from './usage-error.js';

type Runner = (command: Command, parsed: Record<string, unknown>) => Promise<void>;

/** The parser of vapp's command line; `run` gets the command that was named and its arguments. Mistakes reject with VAPP_USAGE. */
export function commandLine(args: readonly string[], run: Runner): Argv {
  const parser = yargs([...args])
    .scriptName('vapp')
    .usage('$0 <command> [options]')
    .version(version)
    .locale('en')
    // A template may be called 007, and an option given twice means what it says last.
    .parserConfiguration({ 'parse-positional-numbers': false, 'duplicate-arguments-array': false })
    .demandCommand(1, 'no command is given')
    .strict()
    .strictCommands()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? usageError(message, args);
    });
  addCommonOptions(parser);
  for (const command of commands) {
    parser.command(
      command.usage,
      command.summary,
      async (options) => (await command.load()).options?.(options) ?? options,
      async (parsed) => await run(command, parsed),
    );
  }
  return parser;
}

function addCommonOptions(parser: Argv): void {
  parser
    .option('connect', {
      alias: 'c',
      type: 'string',
      global: true,
      requiresArg: true,
      describe: 'libvirt URI',
    })
    .option('output', {
      choices: ['auto', 'live', 'plain', 'json'] as const,
      default: 'auto',
      global: true,
      describe: 'how to report',
    })
    .option('log-level', {
      choices: logLevels,
      global: true,
      requiresArg: true,
      describe: 'what is shown, info unless told, and logged of builds, debug unless told',
    })
    .option('debug', {
      type: 'boolean',
      default: false,
      global: true,
      describe: 'show causes and stack traces',
    });
}

/** The options that all commands have; one that was given twice means what it says last. */
export function commonArguments(parsed: Record<string, unknown>): CommonArguments {
  const common = ['connect', 'output', 'logLevel', 'debug'].map((name) => [
    name,
    [parsed[name]].flat().at(-1),
  ]);
  return Object.fromEntries(common);
}
