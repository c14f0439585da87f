import { shellWord } from '../../shell-word.js';
import type { HostResource } from './resources.js';

/** Values that are known once a step has run; in arguments they stand as `$device`, `$numbers`. */
export type Variable = 'device' | 'numbers';

/** One command of the procedure. */
export interface Step {
  /** What is being done, in a word or two. */
  name: string;
  argv: readonly string[];
  /** In the mount namespace that a step before has opened. */
  inside?: true;
  /** The step that opens it; a person who types it gets a shell there, and leaves it with `exit`. */
  opens?: true;
  /** Takes what the command prints. */
  sets?: Variable;
  /** For the command's standard input. */
  input?: string;
  /** An exit status besides 0 that is no failure. */
  accepts?: number;
  /** `write`: its input is a grub.cfg for the kernels that are there. Both are left out when the menu that is there will do. */
  menu?: 'write' | 'rename';
  makes?: HostResource;
  /** Undoes the step; run in reverse order at the end, whatever it is. */
  undo?: readonly string[];
  /** Not stopped half-way by a signal: it writes where the firmware reads. */
  whole?: true;
}

const variables = /\$(device|numbers)/g;

export type Values = Partial<Record<Variable, string>>;

/** The arguments with all variables filled in; undefined when one is not known yet. */
export function fillIn(argv: readonly string[], values: Values): string[] | undefined {
  const missing = argv.some((word) =>
    [...word.matchAll(variables)].some(([, name]) => values[name as Variable] === undefined),
  );
  if (missing) return undefined;
  return argv.map((word) => word.replace(variables, (_, name: Variable) => values[name]!));
}

/** A word of a line to type. Inside double quotes a variable is still one: POSIX.1-2017, Shell, 2.2.3. */
const typed = (word: string): string => (word.search(variables) < 0 ? shellWord(word) : `"${word}"`);

/** A command as a person would type it into a POSIX shell. */
export function commandText(
  argv: readonly string[],
  { input, sets, menu }: Pick<Step, 'input' | 'sets' | 'menu'> = {},
): string {
  const command = argv.map(typed).join(' ');
  if (sets) return `${sets}=$(${command})`;
  if (input !== undefined) return `echo ${shellWord(input.trimEnd())} | ${command}`;
  return menu === 'write' ? `${command} # a menu of the kernels that are there` : command;
}

/** The whole procedure, line by line, with all that is undone at its end. */
export const procedureText = (steps: readonly Step[]): string[] => [
  ...steps.map((step) => commandText(step.argv, step)),
  ...steps.toReversed().flatMap(({ undo, opens }) => (opens ? ['exit'] : undo ? [commandText(undo)] : [])),
];
