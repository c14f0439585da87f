import koffi, { type TypeObject } from 'koffi';
import { VappError } from '../errors.js';
import type { FailureReport } from './errors.js';
import { declareTypes } from './layouts.js';
import { callbacks, prototypes, qemuPrototypes } from './prototypes.js';
import {
  type Api,
  type ApiName,
  checkArguments,
  type Parameter,
  parsePrototype,
  type Success,
} from './signature.js';

/** A failed call inside the thread that made it; the lane turns it into a LibvirtError for the caller. */
export class CallFailure extends Error {
  readonly report: FailureReport;
  constructor(report: FailureReport) {
    super(`${report.api}: ${report.message}`);
    this.report = report;
  }
}

type CFunction = (...args: unknown[]) => unknown;

/** libvirt for one thread. All calls are synchronous: libvirt keeps a failure's details per OS thread. */
export interface Native {
  /** Calls a function and throws CallFailure when its result says that it failed (NULL, or below zero). */
  call<Name extends ApiName>(name: Name, ...args: Parameters<Api[Name]>): Success<Name>;
  /** Calls a function whose negative or NULL results have other meanings. */
  raw<Name extends ApiName>(name: Name, ...args: Parameters<Api[Name]>): ReturnType<Api[Name]>;
  /** Details of this thread's last failure, which it forgets. */
  failure(api: string): CallFailure;
  free(memory: bigint): void;
  koffi: typeof koffi;
  types: Record<string, TypeObject>;
  callbackTypes: { [Name in keyof typeof callbacks]: TypeObject };
}

function loadLibrary(file: string, debianPackage: string) {
  try {
    return koffi.load(file);
  } catch (cause) {
    throw new VappError('VAPP_LIBVIRT_MISSING', `cannot load ${file}, the libvirt client library`, {
      why: (cause as Error).message,
      hint: `install it: apt install ${debianPackage} (Fedora: dnf install libvirt-libs, Alpine: apk add libvirt-libs)`,
      cause,
    });
  }
}

interface Entry {
  invoke: CFunction;
  parameters: Parameter[];
}

const bind = (library: ReturnType<typeof koffi.load>, list: readonly string[]): [string, Entry][] =>
  list.map((prototype) => {
    const { name, parameters } = parsePrototype(prototype);
    return [name, { invoke: library.func(prototype), parameters }];
  });

function createCalls(entries: Map<string, Entry>, failure: (api: string) => CallFailure) {
  const raw = (name: string, ...args: unknown[]) => {
    if (name === 'virDomainQemuMonitorCommand' && !entries.has(name))
      for (const [key, entry] of bind(loadLibrary('libvirt-qemu.so.0', 'libvirt0'), qemuPrototypes))
        entries.set(key, entry);
    const entry = entries.get(name);
    if (!entry) throw new TypeError(`no libvirt function ${name}`);
    checkArguments(name, entry.parameters, args);
    return entry.invoke(...args);
  };
  const call = (name: string, ...args: unknown[]) => {
    const result = raw(name, ...args);
    if (result === null || (typeof result === 'number' && result < 0)) throw failure(name);
    return result;
  };
  return { raw, call } as unknown as Pick<Native, 'raw' | 'call'>;
}

function readFailure(entries: Map<string, Entry>, api: string): CallFailure {
  const address = entries.get('virGetLastError')?.invoke();
  if (!address) return new CallFailure({ api, libvirtCode: 0, domain: 0, message: 'unknown error' });
  const error = koffi.decode(address, 'virError') as { code: number; domain: number; message: string | null };
  entries.get('virResetLastError')?.invoke();
  return new CallFailure({
    api,
    libvirtCode: error.code,
    domain: error.domain,
    message: error.message ?? 'unknown error',
  });
}

function createNative(): Native {
  const library = loadLibrary(process.env.VAPP_LIBVIRT_LIBRARY ?? 'libvirt.so.0', 'libvirt0');
  const libc = koffi.load(null);
  const free = libc.func('void free(void *memory)') as (memory: bigint) => void;
  const types = declareTypes(koffi);
  koffi.disposable('HeapString', 'str', free);
  const callbackTypes = Object.fromEntries(
    Object.entries(callbacks).map(([name, prototype]) => [name, koffi.pointer(koffi.proto(prototype))]),
  ) as Native['callbackTypes'];
  const entries = new Map(bind(library, prototypes));
  const failure = (api: string) => readFailure(entries, api);
  // libvirt prints failures on stderr unless it is given a handler, which it calls on any thread: so it must not be
  // JavaScript. free(NULL) does nothing and has a fitting type.
  entries.get('virSetErrorFunc')?.invoke(null, libc.symbol('free'));
  return { ...createCalls(entries, failure), failure, free, koffi, types, callbackTypes };
}

const slot = Symbol.for('vapp.libvirt.native');

/**
 * libvirt, loaded into this thread at the first call.
 * Kept on globalThis: koffi's type names are global, so a module that is evaluated twice must not declare them again.
 * @throws VappError VAPP_LIBVIRT_MISSING without libvirt.so.0.
 */
export function native(): Native {
  const shared = globalThis as { [slot]?: Native };
  shared[slot] ??= createNative();
  return shared[slot];
}

/** Leaves the process at once with this status: no exit handlers, and no wait for threads inside a blocked call. */
export function exitNow(status: number): never {
  koffi.load(null).func('void _exit(int status)')(status);
  throw new Error('_exit returned');
}
