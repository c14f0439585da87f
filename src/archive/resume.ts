import type { Answer } from './http.js';
import type { Part } from './part.js';

export interface Wanted {
  url: string;
  size?: number;
  /** The most bytes to take when the size is not known. */
  limit?: number;
  /** The content will be checked against a known hash, so bytes of an unknown origin may be continued. */
  provable: boolean;
  headers?: Readonly<Record<string, string>>;
}

/** The transfer ended before its time; trying again may help. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** How far it came: no answer, an answer that was no file, a file that was cut. */
  readonly stage: 'connect' | 'status' | 'body';
  readonly status: number | undefined;

  constructor(
    reason: string,
    stage: Interrupted['stage'],
    details: { cause?: unknown; status?: number } = {},
  ) {
    super(reason, { cause: details.cause });
    this.stage = stage;
    this.status = details.status;
  }
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** What to ask for so that the answer continues `part`. */
export const resumeHeaders = (part: Part, wanted: Wanted): Record<string, string> => {
  if (part.length === 0) return {};
  if (part.validator) return { range: `bytes=${part.length}-`, 'if-range': part.validator };
  return wanted.provable ? { range: `bytes=${part.length}-` } : {};
};

const validatorOf = (answer: Answer): string | undefined => {
  const etag = answer.header('etag');
  // Weak tags must not be used with If-Range: RFC 9110 section 13.1.5.
  return etag && !etag.startsWith('W/') ? etag : answer.header('last-modified');
};

const contentRange = /^bytes (\d+)-\d+\/(\d+|\*)$/;

/** Makes the part fit the answer and returns the whole file's size, as far as the server says it. Throws `Interrupted`. */
export const alignPart = async (part: Part, answer: Answer): Promise<number | undefined> => {
  if (answer.status === 206) {
    const [, start, total] = contentRange.exec(answer.header('content-range') ?? '') ?? [];
    if (Number(start) === part.length) return numberOf(total);
    await part.reset();
    throw new Interrupted('the server sent another range than asked for', 'body');
  }
  await part.reset();
  part.validator = validatorOf(answer);
  return numberOf(answer.header('content-length'));
};
