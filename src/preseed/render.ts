import { lineProblem, type PreseedLine } from './line.js';

/** A later answer to the same question replaces the earlier one, in its place. */
export function lastWins(lines: readonly PreseedLine[]): PreseedLine[] {
  const byQuestion = new Map<string, PreseedLine>();
  for (const line of lines)
    byQuestion.set(line.type === 'seen' ? `${line.question} seen` : line.question, line);
  return [...byQuestion.values()];
}

/** The text of preseed.cfg; a comment names the origin of the lines below it. Throws VAPP_PRESEED_LINE. */
export function renderPreseed(lines: readonly PreseedLine[]): string {
  let text = '';
  let origin: string | undefined;
  for (const line of lines) {
    const problem = lineProblem(line);
    if (problem) throw problem;
    if (line.from !== origin) text += `# ${line.from.replace(/[^\x20-\x7e]/g, '?')}\n`;
    origin = line.from;
    text += `${[line.owner, line.question, line.type, line.value].join(' ').trimEnd()}\n`;
  }
  return text;
}
