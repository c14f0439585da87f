import { createLogUpdate } from 'log-update';
import type { VappEvent } from '../events.js';
import { asciiGlyphs, buildLine, type Glyphs, unicodeGlyphs } from './frame.js';
import type { Out } from './out.js';
import type { BuildLabel, ManyReporter, ReporterOptions } from './reporter.js';
import { makeStyle, type Style, wantsColor } from './style.js';
import { cleanLine } from './untrusted.js';
import { advance, emptyView, type View } from './view.js';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

/** A line for each build that is under way, drawn again in place; what is over, and warnings, scroll away above. */
export const manyLive = (out: Out, o: ReporterOptions): ManyReporter => new ManyLive(out, o).start();

interface Row {
  name: string;
  view: View;
}

class ManyLive {
  readonly #out: Out;
  readonly #now: () => number;
  readonly #update;
  readonly #style: Style;
  readonly #glyphs: Glyphs;
  readonly #rows = new Map<string, Row>();
  #timer: NodeJS.Timeout | undefined;

  constructor(out: Out, o: ReporterOptions) {
    const env = o.env ?? process.env;
    this.#out = out;
    this.#now = o.now ?? Date.now;
    this.#update = createLogUpdate(out, { showCursor: true });
    this.#style = makeStyle(o.color ?? wantsColor(out.isTTY ?? false, env));
    this.#glyphs = env.TERM === 'linux' ? asciiGlyphs : unicodeGlyphs;
  }

  start(): ManyReporter {
    this.#out.write(hideCursor);
    process.once('exit', this.#restore);
    this.#timer = setInterval(this.#draw, 250);
    this.#timer.unref();
    return {
      emit: (event) => this.#say(lasting(event, this.#style)),
      build: ({ id, name }) => {
        this.#rows.set(id, { name, view: emptyView(this.#now()) });
        return (event) => this.#emit({ id, name }, event);
      },
      over: (id) => {
        if (this.#rows.delete(id)) this.#draw();
      },
      close: async () => this.#close(),
    };
  }

  #emit({ id, name }: BuildLabel, event: VappEvent): void {
    const row = this.#rows.get(id);
    if (!row) {
      // Its clean-up still has something to say.
      this.#say(lasting(event, this.#style, name));
      return;
    }
    row.view = advance(row.view, event, this.#now());
    const over = event.type === 'result' || (event.type === 'stage' && event.state === 'failed');
    const line = over ? this.#line(row, event.type === 'result') : lasting(event, this.#style, row.name);
    if (over) this.#rows.delete(id);
    this.#say(line);
  }

  #line({ name, view }: Row, done?: boolean): string {
    const columns = this.#out.columns ?? 80;
    const widest = Math.max(...[...this.#rows.values()].map((row) => row.name.length));
    const o = { columns, now: this.#now(), style: this.#style, glyphs: this.#glyphs };
    return buildLine(view, { ...o, name: name.padEnd(Math.min(24, widest)), ...(done && { done }) });
  }

  #say(line: string | undefined): void {
    if (line === undefined) return;
    this.#update.clear();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  #draw = (): void => {
    // The line that the cursor is in is needed, too.
    const room = Math.max(1, (this.#out.rows ?? 24) - 2);
    const rows = [...this.#rows.values()];
    const running = rows.filter(({ view }) => view.queued === undefined);
    const shown = [...running, ...rows.filter((row) => !running.includes(row))].slice(0, room);
    const more = rows.length - shown.length;
    const lines = shown.map((row) => this.#line(row));
    this.#update([...lines, ...(more > 0 ? [this.#style.dim(`  and ${more} more`)] : [])].join('\n'));
  };

  #restore = (): void => {
    this.#out.write(showCursor);
  };

  #close(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('exit', this.#restore);
    this.#update.clear();
    this.#restore();
  }
}

/** The line of an event that stays on the screen. */
function lasting(event: VappEvent, style: Style, name?: string): string | undefined {
  const prefix = name === undefined ? '' : `${name}: `;
  if (event.type === 'notice') return cleanLine(`${prefix}${event.text}`);
  if (event.type !== 'warning') return undefined;
  const hint = event.hint ? `\n  ${style.cyan('→')} ${cleanLine(event.hint)}` : '';
  return `${style.yellow('warning:')} ${cleanLine(`${prefix}${event.text}`)}${hint}`;
}
