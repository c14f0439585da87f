import { VappError, VappErrors } from '../errors.js';
import { exitStatus } from './exit-status.js';

/** One error as docs/json.md has it. `text` and `length` are the line that it is in and how much of it is meant. */
export interface FailureItem {
  code: `VAPP_${string}`;
  message: string;
  why?: string;
  hint?: string;
  excerpt?: string;
  file?: string;
  line?: number;
  column?: number;
  length?: number;
  text?: string;
}

/** How a command or build failed, as plain data. */
export interface FailureRecord {
  type: 'error';
  status: number;
  errors: FailureItem[];
}

export const failureRecord = (error: unknown, status = exitStatus(error)): FailureRecord => {
  const all = error instanceof VappErrors ? error.errors : [error];
  return { type: 'error', status, errors: all.map(item) };
};

const item = (error: unknown): FailureItem => {
  if (!(error instanceof VappError)) return { code: 'VAPP_INTERNAL', message: String(error) };
  const { code, message, why, hint, excerpt, at } = error;
  return {
    code,
    message,
    ...(why !== undefined && { why }),
    ...(hint !== undefined && { hint }),
    ...(excerpt !== undefined && { excerpt }),
    ...at,
  };
};

/** The error that a record was made of, to be shown as in the process where it happened; its causes are gone. */
export const recordedError = ({ errors }: FailureRecord): VappError => {
  const all = errors.map(({ code, message, file, line, column, length, text, ...details }) => {
    const at = file !== undefined && line !== undefined && column !== undefined && { file, line, column };
    const marked = { ...(length !== undefined && { length }), ...(text !== undefined && { text }) };
    return new VappError(code, message, { ...details, ...(at && { at: { ...at, ...marked } }) });
  });
  return all.length === 1 && all[0] ? all[0] : new VappErrors(all);
};
