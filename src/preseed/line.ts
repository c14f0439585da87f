import { VappError } from '../errors.js';

/** One debconf answer, as debconf-set-selections(1) reads it. */
export interface PreseedLine {
  /** `d-i` for questions of the installer; a package's name for answers that the installed system keeps. */
  owner: string;
  question: string;
  type: string;
  value: string;
  /** Key path in the spec (`locale`, `preseed[0]`), or `vapp` for what vapp itself decides. */
  from: string;
}

/** Types of debconf-devel(7), and `seen`, which sets a flag of the question instead of its value. */
const types = new Set([
  'string',
  'boolean',
  'select',
  'multiselect',
  'note',
  'text',
  'password',
  'title',
  'error',
  'terminal',
  'seen',
]);

const ownerPattern = /^[A-Za-z0-9][A-Za-z0-9.+-]*$/;
const questionPattern = /^[A-Za-z0-9][A-Za-z0-9.+_@-]*(\/[A-Za-z0-9.+_@-]+)+$/;

function refuse(what: string, why: string, hint: string): VappError {
  return new VappError('VAPP_PRESEED_LINE', what, { why, hint });
}

/**
 * What makes a line unfit, or undefined. The installer reads a preseed line by line and joins a line that ends
 * with a backslash to the next one, so such values would become, or swallow, other answers.
 */
export function lineProblem(line: Omit<PreseedLine, 'from'>): VappError | undefined {
  const shown = JSON.stringify(line.question);
  if (!ownerPattern.test(line.owner))
    return refuse(
      `${JSON.stringify(line.owner)} is not the owner of a debconf question`,
      'a preseed line begins with d-i or the name of a package',
      'Write: d-i QUESTION TYPE VALUE',
    );
  if (!questionPattern.test(line.question))
    return refuse(
      `${shown} is not the name of a debconf question`,
      'names look like time/zone: parts of letters, digits and .+_@- with slashes between',
      'Write: d-i QUESTION TYPE VALUE',
    );
  if (!types.has(line.type))
    return refuse(
      `${JSON.stringify(line.type)} is not a type of debconf question (${shown})`,
      `the types are ${[...types].join(', ')}`,
      'Write: d-i QUESTION TYPE VALUE',
    );
  if (line.type === 'boolean' || line.type === 'seen') {
    if (line.value !== 'true' && line.value !== 'false')
      return refuse(
        `${shown} is ${JSON.stringify(line.value)}`,
        `a ${line.type} answer is true or false`,
        `Write: ${line.owner} ${line.question} ${line.type} true`,
      );
  }
  return valueProblem(line);
}

function valueProblem(line: Omit<PreseedLine, 'from'>): VappError | undefined {
  const shown = JSON.stringify(line.question);
  if (/[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]/.test(line.value))
    return refuse(
      `The answer to ${shown} has a control character`,
      'the installer reads one answer per line',
      'Write the answer on one line.',
    );
  if (line.value.endsWith('\\'))
    return refuse(
      `The answer to ${shown} ends with a backslash`,
      'the installer would join the next line to it',
      'Remove the backslash and write the answer on one line.',
    );
  if (line.value.trim() !== line.value)
    return refuse(
      `The answer to ${shown} begins or ends with white space`,
      'the installer cuts white space there',
      'Remove the white space.',
    );
  return undefined;
}

/**
 * Reads one raw line of a spec: `OWNER QUESTION TYPE VALUE`. Pure.
 * Returns the error (VAPP_PRESEED_LINE) instead of throwing it, so that all mistakes of a spec can be collected.
 */
export function parsePreseedLine(text: string, from = 'preseed'): PreseedLine | VappError {
  if (/[\n\r]/.test(text.trim()))
    return refuse(
      'A preseed line has a line break',
      'each entry of the list is one answer',
      'Write each answer as an entry of its own.',
    );
  const match = /^(\S+)[ \t]+(\S+)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(text.trim());
  if (!match || text.trim().startsWith('#'))
    return refuse(
      `${JSON.stringify(text.trim())} is not a preseed line`,
      'it needs an owner, a question and a type; the value may be empty',
      'Write: d-i QUESTION TYPE VALUE',
    );
  const [, owner = '', question = '', type = '', value = ''] = match;
  const line = { owner, question, type, value, from };
  return lineProblem(line) ?? line;
}
