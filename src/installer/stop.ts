import { VappError } from '../errors.js';
import { type QuestionTemplate, templateOf } from './question-names.js';
import type { Prompt } from './questions.js';

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

const mainMenu = 'debian-installer/main-menu';

type Context = Pick<Stop, 'phase' | 'screen' | 'log'> & { menuItem: string | undefined };

export const stopAtPrompt = (
  prompt: Prompt,
  templates: readonly QuestionTemplate[],
  context: Context,
): Stop => {
  const template = templateOf(prompt, templates);
  // The menu comes up by itself only when a step has failed and nobody is there to choose another.
  const failed = template?.type === 'error' || template?.name === mainMenu;
  return {
    ...context,
    kind: failed ? 'error' : prompt.kind,
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
  text,
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
      return new VappError(
        'VAPP_INSTALLER_ERROR',
        `the installer stopped with an error: ${errorText(stop)}`,
        {
          why: lastComplaint(stop.log) ?? `in the step ${where}`,
          hint: lookAtLog,
          excerpt,
        },
      );
    default:
      return new VappError('VAPP_INSTALLER_FAILED', failureText(stop.text), {
        why: lastComplaint(stop.log) ?? `in the step ${where}`,
        hint: lookAtLog,
        excerpt,
      });
  }
};

const lookAtLog = 'look at the syslog in the build directory';

const errorText = (stop: Stop): string =>
  stop.question === mainMenu ? `the step ${stop.menuItem ?? stop.phase} failed` : stop.text;

/** The hooks say `run 2 127`: number of the command, exit status; else what failed and its status. */
const failureText = (text: string): string => {
  const [, part, number, status] = /^(run|file) (\d+) (\d+)$/.exec(text) ?? [];
  if (part === 'run') return `command ${number} under \`run\` of the spec failed with status ${status}`;
  if (part === 'file') return `file ${number} under \`files\` of the spec could not be written`;
  return `the installation failed: ${text}`;
};

const placeholders: Readonly<Record<string, string>> = { boolean: 'true', note: '', error: '' };

/** The line for the spec that answers a question. */
const answerHint = (stop: Stop): string => {
  if (!stop.question) return 'answer it with a line under `preseed:` in the spec';
  if (stop.questionType === 'password') return passwordHint(stop.question);
  const type = stop.questionType ?? 'string';
  const value = placeholders[type] ?? (stop.choices[Number(stop.default ?? 1) - 1] || 'VALUE');
  return `add to the spec:  preseed: ['${`d-i ${stop.question} ${type} ${value}`.trim()}']`;
};

const passwordHint = (question: string): string =>
  question.startsWith('passwd/root')
    ? 'give root a password or a key in the spec: `root: { password: … }`'
    : `answer ${question} with a hash under \`preseed:\` in the spec`;

/** The last line of the syslog that sounds like a reason, without its date. */
const lastComplaint = (log: readonly string[]): string | undefined =>
  log
    .map((line) => line.replace(/^[A-Z][a-z]{2} +\d+ [\d:]+ /, ''))
    .findLast((line) => complaint.test(line) && !line.startsWith('vapp: VAPP'));

const complaint = /\berror\b|\bfailed\b|\bE: |BAD signature|No space left|\bcannot\b|not found|\bcan't\b/i;
