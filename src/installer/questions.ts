/** A debconf template of the installer, texts in English. */
export interface QuestionTemplate {
  /** `mirror/http/hostname` */
  name: string;
  /** `string`, `select`, `boolean`, `note`, `error`, … */
  type: string;
  /** Short description. */
  description: string;
  /** Extended description, paragraphs and all. */
  extended?: string;
}

/** What stands on the screen while the installer waits for somebody. */
export interface Prompt {
  kind: 'question' | 'note' | 'error';
  /** Heading of the step, such as `Download installer components`. */
  heading: string | undefined;
  /** The question itself, in one line. */
  text: string;
  choices: string[];
  default: string | undefined;
  /** All of the text from the heading to the prompt. */
  screen: string[];
}

// cdebconf, src/modules/frontend/text/text.c: text_handler_string and its like end with one of these and wait for a line.
const answerPrompt = /^Prompt: '.' for help(?:, default=(.*?))?>$/;
const notePrompt = /^\[Press enter to continue\]$/;
const shellPrompt = /^(?:~|\/)\S* #$/;
const errorHeading = /^(?:!! ERROR|\[!!\]|\[!\]): ?/;
const choice = /(?:^| {2,})(\d+)[.:] (.*?)(?= {2,}|,\s|,?\s*$)/g;

/** The prompt at which the text ends, or undefined when the installer is at work. Newest line last. */
export const findPrompt = (lines: readonly string[]): Prompt | undefined => {
  const trimmed = dropBlankEnd(lines.map((line) => line.trimEnd()));
  const last = trimmed.at(-1)?.trim() ?? '';
  const answer = answerPrompt.exec(last);
  if (!answer && !notePrompt.test(last) && !shellPrompt.test(last)) return undefined;
  const screen = currentScreen(trimmed);
  const heading = headingOf(screen);
  const body = screen.slice(heading === undefined ? 0 : 2, -1);
  const error = body.find((line) => errorHeading.test(line));
  return {
    kind: error ? 'error' : answer ? 'question' : 'note',
    heading,
    text: error ? error.replace(errorHeading, '') : questionText(body),
    choices: body.flatMap(choicesOf),
    default: answer?.[1],
    screen,
  };
};

const dropBlankEnd = (lines: string[]): string[] => {
  let end = lines.length;
  while (end > 0 && lines[end - 1]!.trim() === '') end--;
  return lines.slice(0, end);
};

const isPrompt = (line: string): boolean => answerPrompt.test(line.trim()) || notePrompt.test(line.trim());
const isProgress = (line: string): boolean => /\.\.\. *\d+%/.test(line);
const isUnderline = (line: string): boolean => /^-{3,}$/.test(line.trim());

/** From the last heading; without one, from what follows the last prompt or progress line. At most 60 lines. */
const currentScreen = (lines: string[]): string[] => {
  const recent = lines.slice(-60);
  for (let index = recent.length - 2; index >= 0; index--) {
    const line = recent[index]!;
    if (isUnderline(line) && index > 0) return recent.slice(index - 1);
    if (isPrompt(line) || isProgress(line)) return recent.slice(index + 1);
  }
  return recent;
};

const headingOf = (screen: string[]): string | undefined =>
  screen[1] !== undefined && isUnderline(screen[1]) ? screen[0]!.trim() : undefined;

const choicesOf = (line: string): string[] =>
  /^ *\d+[.:] /.test(line)
    ? [...line.matchAll(choice)].map((match) => match[2]!.replace(/ \[\*\]$/, '').trim())
    : [];

/** The last line that is no choice: cdebconf puts the long text first and the question itself last. */
const questionText = (body: string[]): string => {
  const text = body.filter((line) => line.trim() !== '' && choicesOf(line).length === 0);
  const from = Math.max(0, lastSentenceStart(text));
  return text.slice(from).join(' ').replace(/\s+/g, ' ').trim();
};

/** A question longer than a line is wrapped: take lines back to the one that ends a sentence. */
const lastSentenceStart = (lines: string[]): number => {
  let index = lines.length - 1;
  while (index > 0 && lines[index]!.length >= 60 && !/[.:?!]$/.test(lines[index - 1]!)) index--;
  return index;
};

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The template whose texts stand on the screen; of several the one that explains most of it. */
export const templateOf = (
  prompt: Prompt,
  templates: readonly QuestionTemplate[],
): QuestionTemplate | undefined => {
  const screen = flat(prompt.screen.join(' '));
  let best: { template: QuestionTemplate; score: number } | undefined;
  for (const template of templates) {
    const score = explained(screen, template);
    if (score > (best?.score ?? 0)) best = { template, score };
  }
  return best?.template;
};

/** How many characters of the screen a template accounts for; 0 when one of its texts is missing there. */
const explained = (screen: string, template: QuestionTemplate): number => {
  if (template.type === 'text' || template.type === 'title') return 0;
  const short = flat(template.description);
  if (short.length < 4 || !pattern(short).test(screen)) return 0;
  const paragraphs = (template.extended ?? '').split(/\n\s*\.?\s*\n/).map(flat);
  const present = paragraphs.filter((text) => text !== '' && pattern(text).test(screen));
  const missing = paragraphs.filter((text) => text !== '').length - present.length;
  return short.length + present.join('').length - (missing > 0 ? 0.5 * short.length : 0);
};

/** A text of a template as it may stand on a screen: `${VARIABLE}` is anything. */
const pattern = (text: string): RegExp => {
  const parts = text.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.{0,200}?'));
};
