import type { Stage, VappEvent } from '../events.js';

export interface StageView {
  stage: Stage;
  state: 'running' | 'done' | 'failed';
  /** Milliseconds of the reporter's clock. */
  started: number;
  /** Seconds, once it is over. */
  seconds?: number;
}

export interface TaskView {
  task: string;
  done: number;
  total?: number;
  unit: 'bytes' | 'items';
  started: number;
  /** When the last event of this task came. */
  seen: number;
}

/** What a screen needs to know of one build. Built from events by `advance`, drawn by `frame`. */
export interface View {
  started: number;
  build?: { id: string; appliance: string; uri: string };
  stages: readonly StageView[];
  /** Of the running stage: a phase of the installer or a step of the finisher, and what it works on. */
  phase?: string;
  detail?: string;
  percent: number;
  tasks: readonly TaskView[];
  /** It waits for its turn: how many are before it. */
  queued?: number | undefined;
  failed: boolean;
}

export const emptyView = (now: number): View => ({
  started: now,
  stages: [],
  percent: 0,
  tasks: [],
  failed: false,
});

/** The view after one event, at `now` (milliseconds). */
export const advance = (view: View, event: VappEvent, now: number): View => {
  switch (event.type) {
    case 'build':
      // A second one is that of a build that is resumed: what failed before is over.
      return { ...emptyView(now), build: { id: event.id, appliance: event.appliance, uri: event.uri } };
    case 'stage':
      return stageEvent(view, event, now);
    case 'queued':
      return { ...view, queued: event.ahead };
    case 'phase':
      return {
        ...view,
        phase: event.phase,
        percent: Math.max(view.percent, event.percent ?? 0),
        detail: event.detail,
      };
    case 'step':
      return event.state === 'start' ? { ...view, phase: event.step, detail: event.detail } : view;
    case 'progress':
      return { ...view, tasks: withTask(view.tasks, event, now) };
    default:
      return view;
  }
};

type StageEvent = Extract<VappEvent, { type: 'stage' }>;

const stageEvent = (view: View, event: StageEvent, now: number): View => {
  const before = view.stages.find(({ stage }) => stage === event.stage);
  const others = view.stages.filter(({ stage }) => stage !== event.stage);
  if (event.state === 'start') {
    const stages = [...others, { stage: event.stage, state: 'running' as const, started: now }];
    return { ...view, stages, queued: undefined, phase: undefined, tasks: [], detail: undefined };
  }
  const started = before?.started ?? now;
  const over = {
    stage: event.stage,
    state: event.state,
    started,
    seconds: event.seconds ?? (now - started) / 1000,
  };
  const failed = view.failed || event.state === 'failed';
  return { ...view, stages: [...others, over], failed, phase: undefined, tasks: [], detail: undefined };
};

type ProgressEvent = Extract<VappEvent, { type: 'progress' }>;

const withTask = (tasks: readonly TaskView[], event: ProgressEvent, now: number): TaskView[] => {
  const started = tasks.find(({ task }) => task === event.task)?.started ?? now;
  const others = tasks.filter(({ task }) => task !== event.task);
  const finished = event.total !== undefined && event.done >= event.total;
  if (finished) return others;
  const { task, done, total, unit } = event;
  return [...others, { task, done, total, unit, started, seen: now }];
};
