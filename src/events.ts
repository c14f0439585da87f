export const stages = ['prepare', 'install', 'bootloader', 'verify', 'publish'] as const;
export type Stage = (typeof stages)[number];

export type Channel = 'console' | 'syslog' | 'finisher' | 'report' | 'verify';

/** What the core tells the reporters. Core code never prints. Times are in seconds, sizes in bytes, percent 0–100. */
export type VappEvent =
  | { type: 'build'; id: string; appliance: string; uri: string; directory: string }
  | { type: 'stage'; stage: Stage; state: 'start' | 'done' | 'failed'; seconds?: number }
  /** A phase of the installer (`partitioning`), with what it is doing just now (a package, a step). */
  | { type: 'phase'; phase: string; percent?: number; detail?: string }
  /** A transfer or another countable task of the host: a download, an upload, a repacking. */
  | { type: 'progress'; task: string; done: number; total?: number; unit: 'bytes' | 'items' }
  /** One step of the finisher guest. */
  | { type: 'step'; step: string; state: 'start' | 'done' | 'failed'; seconds?: number; detail?: string }
  /** A raw line of a guest's channel, without its line end. */
  | { type: 'line'; channel: Channel; text: string }
  /** The build waits for its turn: so many others of its host are before it. */
  | { type: 'queued'; ahead: number }
  | { type: 'notice'; text: string }
  | { type: 'warning'; text: string; hint?: string }
  | { type: 'result'; template: string; uri: string; seconds: number };

export type Emit = (event: VappEvent) => void;
