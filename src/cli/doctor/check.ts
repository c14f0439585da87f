/** The outcome of one check: what was looked at, why it is so, and what to type if it is not right. */
export interface Finding {
  status: 'ok' | 'note' | 'bad';
  what: string;
  why?: string;
  hint?: string;
}

export const ok = (what: string): Finding => ({ status: 'ok', what });
export const note = (what: string, why: string, hint?: string): Finding => ({
  status: 'note',
  what,
  why,
  ...(hint && { hint }),
});
export const bad = (what: string, why: string, hint: string): Finding => ({ status: 'bad', what, why, hint });
