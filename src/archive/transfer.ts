import type { Readable } from 'node:stream';
import { VappError } from '../errors.js';
import { cacheUnwritable, httpStatus, notAnArchive, notFound, tooLarge, wrongSize } from './errors.js';
import { type Answer, get } from './http.js';
import type { Meter } from './meter.js';
import type { Part } from './part.js';
import { alignPart, Interrupted, resumeHeaders, type Wanted } from './resume.js';
import type { FetchContext } from './types.js';

const temporaryStatus = (status: number): boolean => status >= 500 || status === 408 || status === 429;

const reasonOf = (error: unknown): string => {
  // Node tries all addresses of a name and then throws an AggregateError without a message.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return first instanceof Error && first.message ? first.message : String(first);
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
