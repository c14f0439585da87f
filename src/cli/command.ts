import type { Argv } from 'yargs';
import type { Session } from './session.js';

/** One command of vapp. `load` brings in everything heavy, so that `vapp --help` reads none of it. */
export interface Command {
  /** As yargs wants it: `build <spec>`. */
  usage: string;
  summary: string;
  load(): Promise<CommandModule>;
}

export interface CommandModule {
  options?(yargs: Argv): Argv;
  /** Resolves to the exit status; undefined means 0. */
  run(session: Session, args: Record<string, unknown>): Promise<number | undefined>;
}

/** For a command that takes several: elsewhere an option that is given twice means what it says last; there that would be all but the last one. */
export const takingSeveral = (yargs: Argv): Argv =>
  yargs.parserConfiguration({ 'parse-positional-numbers': false, 'duplicate-arguments-array': true });
