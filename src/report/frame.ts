import { stages as allStages } from '../events.js';
import { clip } from './cells.js';
import { secondsLeft } from './estimate.js';
import { bar, bytes, clock, roughly } from './format.js';
import type { Paint, Style } from './style.js';
import { queuedText } from './texts.js';
import { cleanLine } from './untrusted.js';
import type { StageView, TaskView, View } from './view.js';

export interface Glyphs {
  done: string;
  running: string;
  failed: string;
  bar: readonly [string, string];
  dot: string;
}

export const unicodeGlyphs: Glyphs = { done: '✔', running: '▶', failed: '✖', bar: ['█', '░'], dot: '·' };
/** For TERM=linux and other terminals without these characters. */
export const asciiGlyphs: Glyphs = { done: '+', running: '>', failed: 'x', bar: ['#', '.'], dot: '-' };

export interface FrameOptions {
  columns: number;
  now: number;
  style: Style;
  glyphs: Glyphs;
}

/** The lines of the live display: what runs, what comes, what is being downloaded. None is wider than `columns` - 1. */
export const frame = (view: View, o: FrameOptions): string[] => {
  const waiting = allStages.filter((name) => !view.stages.some(({ stage }) => stage === name));
  const running = view.stages.filter(({ state }) => state === 'running');
  const lines: Line[] = [
    heading(view, o),
    ...running.map((stage) => runningLine(view, stage, o)),
    ...view.tasks
      .filter(({ seen }) => o.now - seen < staleAfter)
      .slice(-4)
      .map((task) => taskLine(task, o)),
    ...(view.failed ? [] : waiting.map((name): Line => [`  ${name}`, o.style.dim])),
  ];
  return lines.map(([text, paint]) => paint(clip(text, o.columns - 1)));
};

/** The one line that stays when a stage is over. */
export const finishedLine = (stage: StageView, o: Pick<FrameOptions, 'style' | 'glyphs'>): string => {
  const { style, glyphs } = o;
  const mark = stage.state === 'failed' ? style.red(glyphs.failed) : style.green(glyphs.done);
  return `${mark} ${stage.stage.padEnd(10)} ${clock(stage.seconds ?? 0).padStart(7)}`;
};

/** One line for a whole build, among those of others. `done`: it has succeeded. */
export const buildLine = (view: View, o: FrameOptions & { name: string; done?: boolean }): string => {
  const { style, glyphs } = o;
  const elapsed = clock((o.now - view.started) / 1000).padStart(7);
  if (o.done) return clipped(`${glyphs.done} ${o.name} ${elapsed}  done`, style.green, o);
  const stage = view.stages.at(-1);
  if (view.failed)
    return clipped(`${glyphs.failed} ${o.name} ${elapsed}  failed in ${stage?.stage}`, style.red, o);
  if (view.queued !== undefined)
    return clipped(`  ${o.name} ${elapsed}  ${queuedText({ ahead: view.queued })}`, style.dim, o);
  const left = secondsLeft(clocks(view, o.now), view.percent);
  const parts = [stage?.stage, doing(view, o), left === undefined ? '' : `${roughly(left)} left`];
  const percent = stage?.stage === 'install' ? `${String(Math.floor(view.percent)).padStart(4)} %` : '';
  const text = parts.filter(Boolean).join(` ${glyphs.dot} `);
  return clipped(`${glyphs.running} ${o.name} ${elapsed}${percent}  ${text}`, style.cyan, o);
};

const clipped = (text: string, paint: Paint, { columns }: FrameOptions): string =>
  paint(clip(cleanLine(text).trimEnd(), columns - 1));

const doing = (view: View, { glyphs }: Pick<FrameOptions, 'glyphs'>): string =>
  [view.phase, view.detail].filter(Boolean).join(` ${glyphs.dot} `);

type Line = readonly [text: string, paint: Paint];

/** A task of which nothing was heard for so long is no longer shown (milliseconds). */
const staleAfter = 20_000;

const heading = (view: View, o: FrameOptions): Line => {
  const parts = [
    view.build ? `${view.build.appliance} on ${view.build.uri}` : 'starting',
    clock((o.now - view.started) / 1000),
  ];
  const left = view.failed ? undefined : secondsLeft(clocks(view, o.now), view.percent);
  if (left !== undefined) parts.push(`${roughly(left)} left`);
  if (view.failed) parts.push('cleaning up');
  if (view.queued !== undefined) parts.push(queuedText({ ahead: view.queued }));
  return [cleanLine(parts.join(` ${o.glyphs.dot} `)), view.failed ? o.style.dim : o.style.bold];
};

const clocks = (view: View, now: number) =>
  view.stages.map(({ stage, state, started, seconds }) => ({
    stage,
    seconds: seconds ?? (now - started) / 1000,
    done: state !== 'running',
  }));

const runningLine = (view: View, stage: StageView, o: FrameOptions): Line => {
  const elapsed = clock((o.now - stage.started) / 1000).padStart(7);
  const percent = stage.stage === 'install' ? `${String(Math.floor(view.percent)).padStart(4)} %` : '';
  const text = `${o.glyphs.running} ${stage.stage.padEnd(10)} ${elapsed}${percent}  ${cleanLine(doing(view, o))}`;
  return [text.trimEnd(), view.failed ? o.style.dim : o.style.cyan];
};

const taskLine = (task: TaskView, o: FrameOptions): Line => {
  const amount = (count: number) => (task.unit === 'bytes' ? bytes(count) : String(count));
  const fraction = task.total ? task.done / task.total : 0;
  const size = task.total ? `${amount(task.done)} of ${amount(task.total)}` : amount(task.done);
  const seconds = (o.now - task.started) / 1000;
  const rate = task.unit === 'bytes' && seconds >= 1 ? `  ${bytes(task.done / seconds)}/s` : '';
  const room = o.columns >= 70 && task.total ? `${bar(fraction, 20, o.glyphs.bar)}  ` : '';
  const name = clip(cleanLine(task.task), Math.max(10, Math.min(36, o.columns - 40)));
  return [`    ${room}${size}${rate}  ${name}`, o.style.dim];
};
