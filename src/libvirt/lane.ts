import { Worker } from 'node:worker_threads';
import { type ErrorDetails, VappError } from '../errors.js';
import { type FailureReport, LibvirtError } from './errors.js';
import { CallFailure, native } from './native.js';
import { runTask, type TaskArguments, type TaskName, type TaskResult } from './operations/index.js';
import { workerFile } from './worker-file.js';

/** A thread that makes libvirt calls one after the other. */
export interface Lane {
  /** Calls under way or waiting. */
  readonly load: number;
  /** @throws LibvirtError, and TypeError for arguments that C would misread. */
  run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>>;
  /** The call under way keeps the process alive no longer: nobody waits for it any more. */
  letGo(): void;
  close(): Promise<void>;
}

export interface TaskMessage {
  id: number;
  name: string;
  args: readonly unknown[];
}

export type TaskReply =
  | { id: number; result: unknown }
  | { id: number; failure: FailureReport }
  | { id: number; refusal: Refusal }
  | { id: number; error: unknown };

/** A VappError of another thread: structured clone would make it a plain Error. */
interface Refusal {
  code: `VAPP_${string}`;
  message: string;
  details: ErrorDetails;
}

/** Runs one task and makes its outcome plain data. */
export function answer({ id, name, args }: TaskMessage): TaskReply {
  try {
    return { id, result: runTask(native(), name, args) };
  } catch (error) {
    if (error instanceof CallFailure) return { id, failure: error.report };
    if (!(error instanceof VappError)) return { id, error };
    const { code, message, why, hint } = error;
    return { id, refusal: { code, message, details: { ...(why && { why }), ...(hint && { hint }) } } };
  }
}

/** Makes the calls on the thread it is used on, which they block: for tests without compiled workers. */
export class InlineLane implements Lane {
  readonly load = 0;

  async run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    return take(answer({ id: 0, name, args })) as TaskResult<Name>;
  }

  letGo(): void {}

  async close(): Promise<void> {}
}

function take(reply: TaskReply): unknown {
  if ('failure' in reply) throw new LibvirtError(reply.failure);
  if ('refusal' in reply)
    throw new VappError(reply.refusal.code, reply.refusal.message, reply.refusal.details);
  if ('error' in reply) throw reply.error;
  return reply.result;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * A lane in a thread of its own. The process stays alive while a call is under way, and only then.
 * A thread inside a blocked C call cannot be ended, so `close` waits for the calls that were begun.
 */
export class WorkerLane implements Lane {
  readonly #worker = new Worker(workerFile('lane-worker'));
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #broken: unknown;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: TaskReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error));
  }

  get load(): number {
    return this.#waiting.size;
  }

  run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#broken) throw this.#broken;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, name, args } satisfies TaskMessage);
    });
  }

  letGo(): void {
    this.#worker.unref();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: TaskReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    try {
      waiting?.resolve(take(reply));
    } catch (error) {
      waiting?.reject(error);
    }
  }

  #fail(error: unknown): void {
    this.#broken = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
