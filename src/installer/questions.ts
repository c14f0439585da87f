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
const errorHeading = /^(?:!! ERROR|\[!!\]|\[!\]): ?/;
const choice = /(?<=^| )(\d+): (.*?)(?=,? {2,}\d+: |,? *$)/g;
/** A console that never looked like a question needs no look at more than this. */
const screenLines = 400;

/** The prompt at which the text ends, or undefined when the installer is at work. Newest line last. */
export const findPrompt = (lines: readonly string[]): Prompt | undefined => {
  const trimmed = dropBlankEnd(lines.map((line) => line.trimEnd()));
  const last = trimmed.at(-1)?.trim() ?? '';
  const answer = answerPrompt.exec(last);
  if (!answer && !notePrompt.test(last)) return undefined;
  const screen = currentScreen(trimmed);
  const { heading, body } = parts(screen.slice(0, -1));
  const error = body.find((line) => errorHeading.test(line));
  return {
    kind: error ? 'error' : answer ? 'question' : 'note',
    heading,
    text: error ? error.replace(errorHeading, '') : questionText(body),
    choices: choicesOf(body),
    default: answer?.[1],
    screen,
  };
};

/**
 * The question that has no prompt: for a password the text front end prints its text and nothing more. When a heading stands
 * and nothing follows, it is one; to be asked after a longer silence only.
 */
export const findSilentQuestion = (lines: readonly string[]): Prompt | undefined => {
  const screen = currentScreen(dropBlankEnd(lines.map((line) => line.trimEnd())));
  const { heading, body } = parts(screen);
  if (heading === undefined || body.length === 0 || body.some(isProgress)) return undefined;
  return { kind: 'question', heading, text: questionText(body), choices: [], default: undefined, screen };
};

const parts = (screen: string[]): { heading: string | undefined; body: string[] } =>
  screen[1] !== undefined && isUnderline(screen[1])
    ? { heading: screen[0]!.trim(), body: screen.slice(2) }
    : { heading: undefined, body: screen };

const dropBlankEnd = (lines: string[]): string[] => {
  let end = lines.length;
  while (end > 0 && lines[end - 1]!.trim() === '') end--;
  return lines.slice(0, end);
};

const isPrompt = (line: string): boolean => answerPrompt.test(line.trim()) || notePrompt.test(line.trim());
const isProgress = (line: string): boolean => /\.\.\. *\d+%/.test(line);
const isUnderline = (line: string): boolean => /^-{3,}$/.test(line.trim());

/** From the last heading; without one, from what follows the last prompt or progress line. */
const currentScreen = (lines: string[]): string[] => {
  const recent = lines.slice(-screenLines);
  for (let index = recent.length - 2; index >= 0; index--) {
    const line = recent[index]!;
    if (isUnderline(line) && index > 0) return recent.slice(index - 1);
    if (isPrompt(line) || isProgress(line)) return recent.slice(index + 1);
  }
  return recent;
};

const isChoice = (line: string): boolean => /^ *\d+: /.test(line);

/** Choices stand in columns, numbered downwards. */
const choicesOf = (body: string[]): string[] => {
  const found = body.filter(isChoice).flatMap((line) => [...line.matchAll(choice)]);
  return found
    .sort((a, b) => Number(a[1]) - Number(b[1]))
    .map((match) => match[2]!.replace(/ \[\*\]$/, '').trim());
};

/** The last line that is no choice: the front end puts the long text first and the question itself last. */
const questionText = (body: string[]): string => {
  const text = body.filter((line) => line.trim() !== '' && !isChoice(line));
  return flat(text.slice(lastSentence(text)).join(' '));
};

/** A question longer than a line is wrapped: goes back to the line after one that ends a sentence. */
const lastSentence = (lines: string[]): number => {
  let index = Math.max(0, lines.length - 1);
  while (index > 0 && lines[index - 1]!.length >= 60 && !/[.:?!]$/.test(lines[index - 1]!)) index--;
  return index;
};

/** The text in one line. */
export const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();
