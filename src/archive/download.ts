import { setTimeout as pause } from 'node:timers/promises';
import { httpStatus, truncated, unreachable } from './errors.js';
import { type Answer, proxyInUse } from './http.js';
import { createMeter } from './meter.js';
import type { Part } from './part.js';
import { Interrupted, type Wanted } from './resume.js';
import { transfer } from './transfer.js';
import type { FetchContext } from './types.js';

const defaultRetry = { attempts: 5, delay: 500 };

/** A try that brought this many bytes was worth it: the count of failures begins anew. */
const worthwhile = 1 << 20;

const isHopeless = (error: Interrupted): boolean => {
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return code === 'ENOTFOUND' || code.startsWith('CERT_') || code.startsWith('ERR_TLS_');
};

const surrender = (error: Interrupted, part: Part, { url, size }: Wanted, context: FetchContext): Error => {
  const cause = error.cause ?? error;
  if (error.stage === 'body') return truncated(url, part.length, size, cause);
  if (error.status !== undefined) return httpStatus(url, error.status);
  return unreachable(url, error.message, proxyInUse(context, url), cause);
};

/**
 * Fills `part` with the whole of `wanted`, resuming after cuts. Returns the last answer.
 * Throws VAPP_ARCHIVE_UNREACHABLE, _TRUNCATED, _NOT_FOUND, _HTTP_STATUS, _NOT_AN_ARCHIVE, _WRONG_SIZE.
 */
export const download = async (
  part: Part,
  wanted: Wanted,
  context: FetchContext,
  task: string,
): Promise<Answer | undefined> => {
  const { attempts, delay } = context.retry ?? defaultRetry;
  const meter = createMeter(context.emit, task);
  for (let failures = 0; part.length === 0 || part.length !== wanted.size; ) {
    const before = part.length;
    try {
      return await transfer(part, wanted, context, meter);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      failures = part.length - before >= worthwhile ? 1 : failures + 1;
      if (failures >= attempts || isHopeless(error)) throw surrender(error, part, wanted, context);
      await pause(delay * 2 ** (failures - 1), undefined, context.signal ? { signal: context.signal } : {});
    }
  }
  return undefined;
};
