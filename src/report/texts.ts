import type { Stage, VappEvent } from '../events.js';
import { bytes } from './format.js';

/** Lines, not yet safe for a terminal, that an event at `now` (milliseconds) is worth. */
export type Texts = (event: VappEvent, now: number) => string[];

/** Milliseconds: a transfer that is over sooner is worth no line. */
const shortTask = 2000;

interface Seen {
  percent: number;
  at: number;
}

/**
 * Tells one build in lines: one per change of a stage or phase and, unless `brief`, per 10 % or 30 s of progress that takes its time.
 * What it has told before is in its memory.
 */
export const eventTexts = (o: { brief?: boolean } = {}): Texts => {
  let stage: Stage | undefined;
  let phase: string | undefined;
  const seen = new Map<string, Seen>();
  const begun = new Map<string, number>();

  const due = (key: string, percent: number, now: number): boolean => {
    if (o.brief) return false;
    const last = seen.get(key);
    const step = Math.floor(percent / 10) > Math.floor((last?.percent ?? 0) / 10);
    if (last && !step && now - last.at < 30_000) return false;
    seen.set(key, { percent, at: now });
    return true;
  };

  return (event, now) => {
    switch (event.type) {
      case 'stage':
        if (event.state === 'start') stage = event.stage;
        phase = undefined;
        return [stageText(event)];
      case 'phase': {
        const changed = event.phase !== phase;
        phase = event.phase;
        const worth = due(`phase of ${stage}`, event.percent ?? 0, now);
        const text = o.brief ? event.phase : phaseText(event);
        return changed || worth ? [`${stage ?? 'install'}: ${text}`] : [];
      }
      case 'progress': {
        if (!begun.has(event.task)) begun.set(event.task, now);
        if (now - (begun.get(event.task) ?? now) < shortTask) return [];
        const percent = event.total ? (100 * event.done) / event.total : 0;
        return due(event.task, percent, now) ? [progressText(event, percent)] : [];
      }
      default:
        return otherTexts(event);
    }
  };
};

const otherTexts = (event: VappEvent): string[] => {
  switch (event.type) {
    case 'build':
      return [`build ${event.id} of ${event.appliance} on ${event.uri}`, `logs in ${event.directory}`];
    case 'step':
      return event.state === 'start' ? [] : [stepText(event)];
    case 'line':
      return [`${event.channel}: ${event.text}`];
    case 'queued':
      return [queuedText(event)];
    case 'notice':
      return [event.text];
    case 'warning':
      return [`warning: ${event.text}`, ...(event.hint ? [`  → ${event.hint}`] : [])];
    case 'result':
      return [`template ${event.template} on ${event.uri} (${Math.round(event.seconds)} s)`];
    default:
      return [];
  }
};

type EventOf<T extends VappEvent['type']> = Extract<VappEvent, { type: T }>;

/** For people: what a queued build waits for. */
export const queuedText = ({ ahead }: { ahead: number }): string =>
  `queued: ${ahead} ${ahead === 1 ? 'build is' : 'builds are'} before it`;

const stageText = ({ stage, state, seconds }: EventOf<'stage'>): string => {
  if (state === 'start') return stage;
  return `${stage} ${state}${seconds === undefined ? '' : ` (${Math.round(seconds)} s)`}`;
};

const phaseText = ({ phase, percent, detail }: EventOf<'phase'>): string =>
  [percent === undefined ? '' : `${Math.floor(percent)} %`.padStart(5), phase, detail ? `(${detail})` : '']
    .filter(Boolean)
    .join(' ');

const stepText = ({ step, state, seconds, detail }: EventOf<'step'>): string =>
  `bootloader: ${step} ${state}${seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`}${detail ? ` ${detail}` : ''}`;

const progressText = ({ task, done, total, unit }: EventOf<'progress'>, percent: number): string => {
  const amount = (count: number) => (unit === 'bytes' ? bytes(count) : String(count));
  return total
    ? `${task}: ${Math.floor(percent)} % (${amount(done)} of ${amount(total)})`
    : `${task}: ${amount(done)}`;
};
