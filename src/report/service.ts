import type { VappEvent } from '../events.js';
import { type LogLevel, levelOf } from './level.js';
import { lineWriter, type Out } from './out.js';
import type { Reporter } from './reporter.js';
import { eventTexts } from './texts.js';
import { cleanLine } from './untrusted.js';

/** Lines for systemd's journal: it has the time of each itself, and nobody watches progress there. */
export const serviceReporter = (out: Out): Reporter => ({
  emit: lineWriter(out, serviceLines()),
  close: async () => {},
});

/** As plainLines, for the journal. */
export const serviceLines = (label?: string): ((event: VappEvent) => string[]) => {
  const texts = eventTexts({ brief: true });
  const prefix = label === undefined ? '' : `${label}: `;
  return (event) => texts(event, 0).map((text) => prioritised(levelOf(event), cleanLine(`${prefix}${text}`)));
};

// sd-daemon(3). What has no prefix gets the unit's SyslogLevel=, which is 6 unless the unit says otherwise.
const prefixes: Record<LogLevel, string> = { error: '<3>', warn: '<4>', info: '', debug: '<7>' };

/** Text of one or more lines as the journal wants it: it stores each line for itself. */
export const prioritised = (level: LogLevel, text: string): string =>
  text
    .split('\n')
    .map((line) => `${prefixes[level] || guard(line)}${line}`)
    .join('\n');

/** What a line of others begins with is text, and no priority. */
const guard = (line: string): string => (/^<\d/.test(line) ? '<6>' : '');
