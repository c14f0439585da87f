import { Damaged } from '../damaged.js';

/** What an examination found; one sentence each. */
export interface Findings {
  /** Why it would not boot. */
  problems: string[];
  /** What else is worth knowing, such as what could not be read. */
  notes: string[];
}

export const noFindings = (): Findings => ({ problems: [], notes: [] });

/** Runs an examination; damage that it meets becomes a problem which begins with `what`. */
export async function examine<T>(
  findings: Findings,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    findings.problems.push(`${what}: ${error.message}.`);
    return undefined;
  }
}
