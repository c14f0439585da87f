import { createLogUpdate } from 'log-update';
import type { VappEvent } from '../events.js';
import { width } from './cells.js';
import { clock } from './format.js';
import { asciiGlyphs, finishedLine, frame, unicodeGlyphs } from './frame.js';
import type { Out } from './out.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { makeStyle, wantsColor } from './style.js';
import { cleanLine } from './untrusted.js';
import { advance, emptyView, type View } from './view.js';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

/** A display that is drawn again in place, four times a second, at the foot of the terminal. Needs a terminal. */
export const liveReporter = (out: Out, o: ReporterOptions): Reporter => new Live(out, o).start();

class Live {
  readonly #out: Out;
  readonly #now: () => number;
  readonly #update;
  readonly #options;
  #view: View;
  #drawn: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(out: Out, o: ReporterOptions) {
    const env = o.env ?? process.env;
    this.#out = out;
    this.#now = o.now ?? Date.now;
    // The cursor is handled here: log-update's own way always acts on stderr and installs signal handlers.
    this.#update = createLogUpdate(out, { showCursor: true });
    this.#options = {
      style: makeStyle(o.color ?? wantsColor(out.isTTY ?? false, env)),
      glyphs: env.TERM === 'linux' ? asciiGlyphs : unicodeGlyphs,
    };
    this.#view = emptyView(this.#now());
  }

  start(): Reporter {
    this.#out.write(hideCursor);
    process.once('exit', this.#restore);
    this.#out.on('resize', this.#resized);
    this.#timer = setInterval(this.#draw, 250);
    this.#timer.unref();
    return { emit: this.#emit, close: async () => this.#close() };
  }

  #emit = (event: VappEvent): void => {
    this.#view = advance(this.#view, event, this.#now());
    const line = this.#lasting(event);
    if (line !== undefined) this.#scrollAway(line);
    // Packages and bytes come by the hundred in a second; the timer shows them.
    if (event.type === 'stage' || line !== undefined) this.#draw();
  };

  /** The line of an event that stays on the screen above the display. */
  #lasting(event: VappEvent): string | undefined {
    const { style } = this.#options;
    if (event.type === 'stage' && event.state !== 'start') {
      const stage = this.#view.stages.find((one) => one.stage === event.stage);
      return stage && finishedLine(stage, this.#options);
    }
    if (event.type === 'notice')
      return this.#view.failed ? style.dim(cleanLine(event.text)) : cleanLine(event.text);
    if (event.type === 'result') {
      return style.green(`template ${event.template} on ${event.uri}, ${clock(event.seconds)}`);
    }
    if (event.type !== 'warning') return undefined;
    const hint = event.hint ? `\n  ${style.cyan('→')} ${cleanLine(event.hint)}` : '';
    return `${style.yellow('warning:')} ${cleanLine(event.text)}${hint}`;
  }

  #scrollAway(line: string): void {
    this.#update.clear();
    this.#drawn = [];
    this.#out.write(`${line}\n`);
  }

  #draw = (): void => {
    this.#drawn = frame(this.#view, { ...this.#options, columns: this.#out.columns ?? 80, now: this.#now() });
    this.#update(this.#drawn.join('\n'));
  };

  /** A terminal that became narrower has broken our lines: what was one row is now several, and all must go. */
  #resized = (): void => {
    const columns = this.#out.columns ?? 80;
    const broken = this.#drawn.reduce(
      (sum, line) => sum + Math.max(0, Math.ceil(width(plain(line)) / columns) - 1),
      0,
    );
    this.#out.write('\x1b[2K\x1b[1A'.repeat(broken));
    this.#update.clear();
    this.#draw();
  };

  #restore = (): void => {
    this.#out.write(showCursor);
  };

  #close(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#out.off('resize', this.#resized);
    process.off('exit', this.#restore);
    this.#update.clear();
    this.#restore();
  }
}

const plain = (line: string): string => line.replace(/\x1b\[[0-9;]*m/g, '');
