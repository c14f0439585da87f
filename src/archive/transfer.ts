import type { Readable } from 'node:stream';
import { VappError } from '../errors.js';
import { cacheUnwritable, httpStatus, notAnArchive, notFound, tooLarge, wrongSize } from './errors.js';
import { type Answer, get } from './http.js';
import type { Meter } from './meter.js';
import type { Part } from './part.js';
import type { FetchContext } from './types.js';

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

const temporaryStatus = (status: number): boolean => status >= 500 || status === 408 || status === 429;

const reasonOf = (error: unknown): string => {
  // Node tries all addresses of a name and then throws an AggregateError without a message.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return first instanceof Error && first.message ? first.message : String(first);
};

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

const resumeHeaders = (part: Part, wanted: Wanted): Record<string, string> => {
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

/** Makes the part fit the answer and returns the whole file's size, as far as the server says it. */
const alignPart = async (part: Part, answer: Answer): Promise<number | undefined> => {
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

const refuseStatus = async (answer: Answer, part: Part, wanted: Wanted): Promise<void> => {
  const { status } = answer;
  if (status === 200 || status === 206 || status === 304) return;
  answer.body.on('error', () => undefined).destroy();
  if (status === 416) await part.reset();
  if (status === 416 || temporaryStatus(status))
    throw new Interrupted(`HTTP status ${status}`, 'status', { status });
  throw status === 404 || status === 410 ? notFound(wanted.url) : httpStatus(wanted.url, status);
};

const isWebPage = (answer: Answer): boolean => /^text\/html\b/i.test(answer.header('content-type') ?? '');

const copyBody = async (body: Readable, part: Part, wanted: Wanted, onBytes: () => void): Promise<void> => {
  const { url, size, limit = size } = wanted;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (size !== undefined && part.length + chunk.length > size) throw wrongSize(url, undefined, size);
    if (limit !== undefined && part.length + chunk.length > limit) throw tooLarge(url, limit);
    await part.append(chunk).catch((error: unknown) => {
      throw cacheUnwritable(part.path, error);
    });
    onBytes();
  }
};

const ask = async (part: Part, wanted: Wanted, context: FetchContext): Promise<Answer> => {
  try {
    return await get(wanted.url, { ...wanted.headers, ...resumeHeaders(part, wanted) }, context);
  } catch (error) {
    if (context.signal?.aborted) throw context.signal.reason;
    if (error instanceof VappError || !(error instanceof Error && 'code' in error)) throw error;
    // undici says so by this text alone.
    if (error.message.includes('(407)')) throw httpStatus(wanted.url, 407);
    throw new Interrupted(reasonOf(error), 'connect', { cause: error });
  }
};

const receive = async (
  answer: Answer,
  part: Part,
  wanted: Wanted,
  context: FetchContext,
  meter: Meter,
): Promise<void> => {
  const { url, size } = wanted;
  const total = await alignPart(part, answer);
  if (size !== undefined && total !== undefined && total !== size) throw wrongSize(url, total, size);
  const report = (): void => meter.report(part.length, size ?? total);
  report();
  try {
    await copyBody(answer.body, part, wanted, report);
  } catch (error) {
    if (context.signal?.aborted) throw context.signal.reason;
    if (error instanceof VappError || !(error instanceof Error && 'code' in error)) throw error;
    throw new Interrupted(reasonOf(error), 'body', { cause: error });
  }
  const whole = size ?? total;
  if (whole !== undefined && part.length < whole) throw new Interrupted('the connection was cut', 'body');
};

/**
 * One request that brings `part` forward, if possible to its end. Returns the answer, which is 304 only for a conditional request.
 * Throws `Interrupted` when another try may help, a VappError when not.
 */
export const transfer = async (
  part: Part,
  wanted: Wanted,
  context: FetchContext,
  meter: Meter,
): Promise<Answer> => {
  const answer = await ask(part, wanted, context);
  await refuseStatus(answer, part, wanted);
  try {
    if (answer.status !== 304) {
      if (isWebPage(answer)) throw notAnArchive(wanted.url);
      await receive(answer, part, wanted, context, meter);
    }
    return answer;
  } finally {
    answer.body.on('error', () => undefined).destroy();
  }
};
