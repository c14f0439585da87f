import type { Native } from '../native.js';
import type { Api, ApiName, Success } from '../signature.js';
import { connectionOperations } from './connection.js';
import { domainOperations } from './domain.js';
import { networkOperations } from './network.js';
import { storageOperations } from './storage.js';
import { streamOperations } from './stream.js';

/** What a lane can do besides plain calls: several calls, out parameters and structs, made plain data. */
export const operations = {
  ...connectionOperations,
  ...domainOperations,
  ...storageOperations,
  ...networkOperations,
  ...streamOperations,
};
type Operations = typeof operations;

/** One of ours, or a C function of libvirt. */
export type TaskName = keyof Operations | ApiName;

type AfterFirst<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

export type TaskArguments<Name extends TaskName> = Name extends keyof Operations
  ? AfterFirst<Parameters<Operations[Name]>>
  : Name extends ApiName
    ? Parameters<Api[Name]>
    : never;

export type TaskResult<Name extends TaskName> = Name extends keyof Operations
  ? ReturnType<Operations[Name]>
  : Name extends ApiName
    ? Success<Name>
    : never;

/** Runs a task on this thread, synchronously. @throws CallFailure, TypeError */
export function runTask(n: Native, name: string, args: readonly unknown[]): unknown {
  const own = (operations as unknown as Record<string, (n: Native, ...args: unknown[]) => unknown>)[name];
  if (own && Object.hasOwn(operations, name)) return own(n, ...args);
  return (n.call as (name: string, ...args: unknown[]) => unknown)(name, ...args);
}
