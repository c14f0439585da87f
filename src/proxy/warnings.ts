import { VappError } from '../errors.js';
import type { Emit, VappEvent } from '../events.js';
import type { Refusal } from './target.js';

/** Refusals that are told of; a guest that asks for thousands of things must not flood the log. */
const mostWarnings = 20;

/** What a client sent, fit for a line of a log. */
const shown = (text: string): string => {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
};

/** The warning for a download that failed: which mirror, and why. */
export const failureWarning = (error: unknown): VappEvent =>
  error instanceof VappError
    ? {
        type: 'warning',
        text: `Package proxy: ${error.message}. ${error.why ?? ''}`.trim(),
        ...(error.hint ? { hint: error.hint } : {}),
      }
    : { type: 'warning', text: `Package proxy: ${error instanceof Error ? error.message : String(error)}` };

/** Tells of each refused request once. Missing files are no news: clients try names. */
export const makeWarner = (emit: Emit): ((url: string, refusal: Refusal) => void) => {
  const told = new Set<string>();
  return (url, { status, reason }) => {
    if (status === 404 || told.size >= mostWarnings || told.has(url)) return;
    told.add(url);
    emit({ type: 'warning', text: `Package proxy: refused ${shown(url)}: ${reason}` });
  };
};
