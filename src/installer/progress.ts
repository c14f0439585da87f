import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import { kernelPanic } from '../kernel-panic.js';
import { ConsoleText } from './console-text.js';
import { announcedBy, markOf, menuItemOf, PhaseTracker, workOf } from './phases.js';
import type { QuestionTemplate } from './question-names.js';
import { findPrompt, findSilentQuestion } from './questions.js';
import { type Stop, stopAtFailure, stopAtPanic, stopAtPrompt } from './stop.js';

export interface ProgressOptions {
  emit: Emit;
  /** Called once, when the installer waits for somebody or has failed. */
  onQuestion: (stop: Stop) => void;
  /** Of the kit, to name the question. */
  templates?: readonly QuestionTemplate[];
  /** Milliseconds; Date.now unless told. */
  now?: () => number;
  /** Milliseconds without console output after which a prompt counts as one that nobody answers. */
  quiet?: number;
}

export interface Progress {
  /** Bytes of the first console. */
  console(chunk: Uint8Array | string): void;
  /** Bytes of the second one. */
  syslog(chunk: Uint8Array | string): void;
  /** To be called about once a second: finds the prompt that nobody answers. */
  tick(): void;
  /** Bytes so far, for the Watch. */
  readonly counters: { console: number; syslog: number };
  /** What it is doing, for people: `installing the base system (unpacking libc6)`. */
  readonly doing: string;
  /** The positive end mark has come. */
  readonly ended: boolean;
  readonly stop: Stop | undefined;
  /** The end of the console's text. */
  screen(lines?: number): string[];
}

/** Reads the two channels of the installer guest and tells phases, percent, packages and the unanswered question. */
export const createProgress = (options: ProgressOptions): Progress => new Reader(options);

const keptLines = 400;
/** The kernel writes to the console whenever it likes, also below a prompt. */
const kernelMessage = /^\[ *\d+\.\d{6}\] /;

class Reader implements Progress {
  readonly counters = { console: 0, syslog: 0 };
  ended = false;
  stop: Stop | undefined;
  readonly #o: Required<ProgressOptions>;
  readonly #console = new ConsoleText();
  readonly #syslog = new ConsoleText();
  readonly #tracker = new PhaseTracker();
  readonly #screen: string[] = [];
  readonly #log: string[] = [];
  #menuItem: string | undefined;
  #detail: string | undefined;
  #lastConsole: number;
  #said = '';

  constructor(options: ProgressOptions) {
    this.#o = { templates: [], now: Date.now, quiet: 2500, ...options };
    this.#lastConsole = this.#o.now();
    this.#tell();
  }

  console(chunk: Uint8Array | string): void {
    this.counters.console += chunk.length;
    this.#lastConsole = this.#o.now();
    for (const line of this.#console.push(chunk)) this.#consoleLine(line);
  }

  syslog(chunk: Uint8Array | string): void {
    this.counters.syslog += chunk.length;
    for (const line of this.#syslog.push(chunk)) {
      this.#syslogLine(line);
      this.#tell();
    }
  }

  tick(): void {
    const silent = this.#o.now() - this.#lastConsole;
    if (this.stop || this.ended || silent < this.#o.quiet) return;
    const screen = this.screen(keptLines).filter((line) => !kernelMessage.test(line));
    const prompt =
      findPrompt(screen) ?? (silent >= 2 * this.#o.quiet ? findSilentQuestion(screen) : undefined);
    if (prompt) this.#halt(stopAtPrompt(prompt, this.#o.templates, this.#context()));
  }

  screen(lines = 60): string[] {
    return [...this.#screen, this.#console.open.trimEnd()].slice(-lines);
  }

  get doing(): string {
    return this.#tracker.phase.name + (this.#detail ? ` (${this.#detail})` : '');
  }

  #consoleLine(text: string): void {
    keep(this.#screen, text);
    this.#o.emit({ type: 'line', channel: 'console', text });
    const panic = kernelPanic(text);
    if (panic) this.#halt(stopAtPanic(panic, this.#context()));
  }

  #syslogLine(text: string): void {
    keep(this.#log, text);
    this.#o.emit({ type: 'line', channel: 'syslog', text });
    const mark = markOf(text);
    if (mark?.mark === 'failed') this.#halt(stopAtFailure(mark.text, this.#context()));
    if (mark?.mark === 'run') this.#detail = `command ${mark.index} of the spec`;
    if (mark?.mark === 'end') this.ended = true;
    this.#menuItem = menuItemOf(text) ?? this.#menuItem;
    if (this.#tracker.line(text)) this.#detail = undefined;
    const announced = announcedBy(text);
    if (announced !== undefined) this.#tracker.announce(announced);
    const work = workOf(text);
    if (!work) return;
    this.#tracker.package();
    this.#detail = `${work.verb} ${work.package}`;
  }

  #context() {
    return {
      menuItem: this.#menuItem,
      phase: this.#tracker.phase.name,
      screen: this.screen(),
      log: this.#log.slice(-60),
    };
  }

  #halt(stop: Stop): void {
    if (this.stop || this.ended) return;
    this.stop = stop;
    this.#o.onQuestion(stop);
  }

  #tell(): void {
    const percent = this.ended ? 100 : Math.floor(this.#tracker.percent);
    const phase = this.#tracker.phase.name;
    const said = `${phase}|${percent}|${this.#detail}`;
    if (said === this.#said) return;
    this.#said = said;
    this.#o.emit({ type: 'phase', phase, percent, detail: this.#detail });
  }
}

const keep = (lines: string[], line: string): void => {
  lines.push(line);
  if (lines.length > keptLines) lines.splice(0, lines.length - keptLines);
};

/** The error when the guest is gone: undefined after the end mark, else VAPP_INSTALLER_VANISHED. */
export const endOf = (progress: Progress): VappError | undefined =>
  progress.ended
    ? undefined
    : new VappError('VAPP_INSTALLER_VANISHED', 'the installer guest ended before the installation did', {
        why: `it was last seen ${progress.doing} and sent no end mark`,
        hint: 'look at the screen and the syslog in the build directory',
        excerpt: progress.screen(20).join('\n'),
      });
