import type { IncomingHttpHeaders } from 'node:http';

/** What is known of a file before it is read. */
export interface Validators {
  size: number;
  /** In whole seconds. */
  modified: Date;
  /** SHA-256 in hex; absent for files that are not known by it. */
  sha256?: string;
}

/** What to answer: the whole file, bytes `start` to `end` (both included), or nothing. */
export type Answer =
  | { status: 200 }
  | { status: 206; start: number; end: number }
  | { status: 304 }
  | { status: 416 };

export const etagOf = ({ sha256 }: Validators): string | undefined => sha256 && `"${sha256}"`;

const namesTag = (list: string, tag: string | undefined): boolean =>
  list.trim() === '*' || (!!tag && list.split(',').some((one) => one.trim().replace(/^W\//, '') === tag));

const isFresh = (headers: IncomingHttpHeaders, file: Validators): boolean => {
  const { 'if-none-match': tags, 'if-modified-since': since } = headers;
  if (tags !== undefined) return namesTag(tags, etagOf(file));
  const date = since === undefined ? Number.NaN : Date.parse(since);
  return file.modified.getTime() <= date;
};

/** If-Range wants an exact match, of dates too: RFC 9110, 13.1.5. */
const rangeHolds = (condition: string | undefined, file: Validators): boolean =>
  condition === undefined || condition === etagOf(file) || Date.parse(condition) === file.modified.getTime();

const readRange = (header: string, size: number): Answer => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.replaceAll(' ', '')) ?? [];
  // Several ranges, other units and nonsense count as no range: RFC 9110, 14.2 leaves it to the server.
  if (first === '' && last === '') return { status: 200 };
  if (first !== '' && last !== '' && Number(first) > Number(last)) return { status: 200 };
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start < size && start <= end ? { status: 206, start, end } : { status: 416 };
};

/** Applies If-None-Match, If-Modified-Since, Range and If-Range (RFC 9110, 13 and 14) to a GET of a file. */
export const decide = (headers: IncomingHttpHeaders, file: Validators): Answer => {
  if (isFresh(headers, file)) return { status: 304 };
  const { range, 'if-range': condition } = headers;
  if (range === undefined || !rangeHolds(condition as string | undefined, file)) return { status: 200 };
  return readRange(range, file.size);
};
