import { isAbsolute, relative } from 'node:path';
import { type Location, VappError, VappErrors } from '../errors.js';
import { width } from './cells.js';
import { makeStyle, type Style } from './style.js';
import { blankControls, cleanLine, cleanText, maskUrls } from './untrusted.js';

export interface RenderOptions {
  color?: boolean;
  /** Adds the stack and the chain of causes. */
  debug?: boolean;
  /** Files below it are named relative to it. */
  cwd?: string;
}

/** Text for people, without a line end: what, where, why, what to type. All errors of a VappErrors, one after the other. */
export const renderError = (error: unknown, options: RenderOptions = {}): string => {
  const style = makeStyle(options.color ?? false);
  const blocks = flatten(error).map((one) => renderOne(one, style, options).join('\n'));
  return blocks.join('\n\n');
};

const flatten = (error: unknown): unknown[] =>
  error instanceof VappErrors ? error.errors.flatMap(flatten) : [error];

const renderOne = (error: unknown, style: Style, o: RenderOptions): string[] => {
  const lines = error instanceof VappError ? known(error, style, o) : unknown(error, style);
  return o.debug ? [...lines, ...traces(error, style)] : lines;
};

const known = (error: VappError, style: Style, o: RenderOptions): string[] => {
  const lines = [`${heading(error.message, style)}  ${style.dim(error.code)}`];
  if (error.at) lines.push(...place(error.at, style, o.cwd));
  if (error.why) lines.push(...indent(error.why));
  if (error.excerpt) lines.push(...textLines(error.excerpt).map((line) => style.dim(`  │ ${line}`)));
  if (error.hint) lines.push(...hint(error.hint, style));
  return lines;
};

const unknown = (error: unknown, style: Style): string[] => {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return [
    heading(message.split('\n')[0] ?? '', style),
    ...hint('This is a bug in vapp. Run the same command with --debug and report what it shows.', style),
  ];
};

const heading = (message: string, style: Style): string =>
  `${style.red(style.bold('error:'))} ${style.bold(cleanText(message).trimEnd())}`;

const textLines = (text: string): string[] => cleanText(text).trimEnd().split('\n');

const indent = (text: string): string[] => textLines(text).map((line) => `  ${line}`);

const hint = (text: string, style: Style): string[] =>
  textLines(text).map((line, index) => (index === 0 ? `  ${style.cyan('→')} ${line}` : `    ${line}`));

const place = (at: Location, style: Style, cwd: string | undefined): string[] => {
  const where = `  ${style.cyan(`${cleanLine(shortPath(at.file, cwd))}:${at.line}:${at.column}`)}`;
  if (at.text === undefined) return [where];
  const { text, before, marked } = aroundCaret(at);
  const gutter = String(at.line);
  return [
    where,
    `  ${style.dim(`${gutter} │`)} ${text}`,
    `  ${style.dim(`${' '.repeat(gutter.length)} │`)} ${' '.repeat(before)}${style.red('^'.repeat(marked))}`,
  ];
};

const shortPath = (file: string, cwd: string | undefined): string => {
  const path = cwd && isAbsolute(file) ? relative(cwd, file) : file;
  return path === '' || path.startsWith('..') ? file : path;
};

const widest = 100;

/** The part of the line around the caret, one screen cell per tab, and the cells before and under the caret. */
const aroundCaret = (at: Location) => {
  const all = Array.from(blankControls(maskUrls(at.text ?? '')));
  const column = Math.min(at.column - 1, all.length);
  const from = all.length <= widest || column < widest - 20 ? 0 : column - 40;
  const shown = all.slice(from, from + widest);
  const under = shown.slice(column - from, column - from + (at.length ?? 1));
  return {
    text: shown.join('').trimEnd(),
    before: width(shown.slice(0, column - from).join('')),
    marked: Math.max(1, width(under.join(''))),
  };
};

const traces = (error: unknown, style: Style): string[] => {
  const lines: string[] = [];
  for (let link = error, depth = 0; link !== undefined && depth < 10; depth++) {
    if (depth > 0) lines.push(style.dim('  caused by:'));
    const text = link instanceof Error ? (link.stack ?? String(link)) : String(link);
    lines.push(...indent(text).map(style.dim));
    link = link instanceof Error ? link.cause : undefined;
  }
  return lines;
};
