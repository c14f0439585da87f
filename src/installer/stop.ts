import { VappError } from '../errors.js';
import { type Prompt, type QuestionTemplate, templateOf } from './questions.js';

/** Why an installation will not go on by itself. */
export interface Stop {
  /** `question` can be answered by a preseed line; `error` and `note` are messages; `panic` and `failed` need no prompt. */
  kind: 'question' | 'note' | 'error' | 'panic' | 'failed';
  /** One line. */
  text: string;
  heading?: string;
  choices: string[];
  default?: string;
  /** Name and type of the debconf question, where the screen's text tells them. */
  question?: string;
  questionType?: string;
  /** The step of the installer's menu. */
  menuItem?: string;
  phase: string;
  /** The end of the screen, and of the syslog. */
  screen: string[];
  log: string[];
}

type Context = Pick<Stop, 'phase' | 'screen' | 'log'> & { menuItem: string | undefined };

export const stopAtPrompt = (
  prompt: Prompt,
  templates: readonly QuestionTemplate[],
  context: Context,
): Stop => {
  const template = templateOf(prompt, templates);
  const kind = template?.type === 'error' ? 'error' : prompt.kind;
  return {
    ...context,
    kind,
    text: prompt.text,
    heading: prompt.heading,
    choices: prompt.choices,
    default: prompt.default,
    question: template?.name,
    questionType: template?.type,
    screen: prompt.screen,
  };
};

export const stopAtPanic = (text: string, context: Context): Stop => ({
  ...context,
  kind: 'panic',
  text: text.replace(/^\[[ \d.]+\] /, ''),
  choices: [],
});

export const stopAtFailure = (text: string, context: Context): Stop => ({
  ...context,
  kind: 'failed',
  text,
  choices: [],
});

/** VAPP_INSTALLER_QUESTION, _ERROR, _PANIC or _FAILED, with the screen and the line that would answer. */
export const stopError = (stop: Stop): VappError => {
  const where = stop.question ?? stop.menuItem ?? stop.phase;
  const excerpt = (stop.kind === 'failed' ? stop.log.slice(-20) : stop.screen.slice(-25)).join('\n').trim();
  switch (stop.kind) {
    case 'question':
    case 'note':
      return new VappError('VAPP_INSTALLER_QUESTION', `the installer asks: ${stop.text}`, {
        why: stop.question
          ? `nothing answers the question ${stop.question}`
          : `nothing answers a question of the step ${where}`,
        hint: answerHint(stop),
        excerpt,
      });
    case 'panic':
      return new VappError('VAPP_INSTALLER_PANIC', 'the installer’s kernel crashed', {
        why: stop.text,
        excerpt,
      });
    case 'error':
      return new VappError('VAPP_INSTALLER_ERROR', `the installer stopped with an error: ${stop.text}`, {
        why: lastComplaint(stop.log) ?? `in the step ${where}`,
        hint: 'look at the syslog in the build directory',
        excerpt,
      });
    default:
      return new VappError('VAPP_INSTALLER_FAILED', `the installation failed: ${stop.text}`, {
        why: lastComplaint(stop.log) ?? `in the step ${where}`,
        hint: 'look at the syslog in the build directory',
        excerpt,
      });
  }
};

const placeholders: Readonly<Record<string, string>> = { boolean: 'true', note: '', error: '' };

/** The line for the spec that answers a question. */
const answerHint = (stop: Stop): string => {
  if (!stop.question) return 'answer it with a line under `preseed:` in the spec';
  const type = stop.questionType ?? 'string';
  const value = placeholders[type] ?? (stop.choices[Number(stop.default ?? 1) - 1] || 'VALUE');
  return `add to the spec:  preseed: [ '${`d-i ${stop.question} ${type} ${value}`.trim()}' ]`;
};

/** The last line of the syslog that sounds like a reason. */
const lastComplaint = (log: readonly string[]): string | undefined =>
  log.findLast((line) => /\berror\b|\bfailed\b|\bE: |BAD signature|No space left|cannot\b/i.test(line));
