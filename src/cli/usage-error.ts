import { VappError } from '../errors.js';
import { nearest } from '../spec/near.js';
import type { Command } from './command.js';
import { commands } from './commands.js';

const nameOf = (usage: string): string => usage.split(' ')[0] ?? '';

const names = commands.map(({ usage }) => nameOf(usage));

/** VAPP_USAGE in our words and layout for what yargs says about a command line. */
export function usageError(message: string, args: readonly string[]): VappError {
  const [what = '', ...more] = message.split('\n').map((line) => line.trim());
  const command = commands.find(({ usage }) => args.includes(nameOf(usage)));
  const unknown = /^Unknown command: (.+)$/.exec(what)?.[1];
  const near = unknown && nearest(unknown, names);
  if (/^Not enough non-option arguments/.test(what) && command)
    return wrongCount(command, 'needs more arguments');
  if (unknown && command) return wrongCount(command, `cannot do anything with ${unknown}`);
  return new VappError('VAPP_USAGE', lowerFirst(what).replace(/:$/, ''), {
    ...(more.length > 0 && { why: more.join(' ') }),
    hint: near ? `did you mean vapp ${near}?` : `vapp ${command ? `${nameOf(command.usage)} ` : ''}--help`,
  });
}

/** The same for a mistake that yargs throws as an error of its own, such as an option without its value; any other error as it is. */
export const asUsageError = (error: unknown, args: readonly string[]): unknown =>
  error instanceof Error && error.name === 'YError' ? usageError(error.message, args) : error;

function wrongCount({ usage }: Command, what: string): VappError {
  return new VappError('VAPP_USAGE', `${nameOf(usage)} ${what}`, {
    why: `usage: vapp ${usage}`,
    hint: `vapp ${nameOf(usage)} --help`,
  });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
