import type { Duplex } from 'node:stream';
import { VappError } from '../errors.js';
import type { EventLoop } from './event-loop.js';
import type { TaskArguments, TaskName, TaskResult } from './operations/index.js';
import type { Pointer } from './signature.js';

/** Makes the calls of one connection. */
export interface Caller {
  run<Name extends TaskName>(name: Name, ...args: TaskArguments<Name>): Promise<TaskResult<Name>>;
}

type FreeFunction = 'virDomainFree' | 'virStoragePoolFree' | 'virStorageVolFree' | 'virNetworkFree';

/** One reference to a libvirt object. It is given back once, and never under a call that still uses it. */
export class Reference<Type extends string> {
  readonly #free: () => Promise<unknown>;
  readonly #pointer: Pointer<Type>;
  readonly #calls = new Set<Promise<unknown>>();
  #released: Promise<void> | undefined;

  constructor(caller: Caller, freeFunction: FreeFunction, pointer: Pointer<Type>) {
    this.#pointer = pointer;
    this.#free = () => caller.run(freeFunction, ...([pointer] as never));
  }

  /** Runs a call with the pointer. @throws VappError VAPP_LIBVIRT_FREED after `release`. */
  async use<T>(call: (pointer: Pointer<Type>) => Promise<T>): Promise<T> {
    if (this.#released)
      throw new VappError('VAPP_LIBVIRT_FREED', 'a libvirt object was used after it was freed', {
        why: 'its handle or its connection was closed before',
      });
    const running = call(this.#pointer);
    this.#calls.add(running);
    try {
      return await running;
    } finally {
      this.#calls.delete(running);
    }
  }

  /** Can be called again; waits for calls under way. */
  release(): Promise<void> {
    this.#released ??= Promise.allSettled(this.#calls).then(async () => void (await this.#free()));
    return this.#released;
  }
}

/** A handle that was dropped without `free` gives its reference back when it is collected. */
const collected = new FinalizationRegistry<() => void>((release) => release());

/** What handles need of their connection. */
export interface Owner extends Caller {
  readonly pointer: Pointer<'Connect'>;
  readonly references: Set<Pick<Reference<string>, 'release'>>;
  /** Works while the connection is being closed too. */
  readonly lanes: Caller;
  /** Consoles that are open. @throws VappError VAPP_LIBVIRT_UNSUPPORTED without an event loop. */
  events(): EventLoop;
  readonly consoles: Set<Duplex>;
}

/** Base of all handles. */
export abstract class Handle<Type extends string> implements AsyncDisposable {
  protected readonly owner: Owner;
  readonly #reference: Reference<Type>;

  constructor(owner: Owner, freeFunction: FreeFunction, pointer: Pointer<Type>) {
    this.owner = owner;
    const reference = new Reference(owner.lanes, freeFunction, pointer);
    this.#reference = reference;
    owner.references.add(reference);
    collected.register(
      this,
      () => {
        owner.references.delete(reference);
        reference.release().catch(() => undefined);
      },
      this,
    );
  }

  protected use<T>(call: (pointer: Pointer<Type>) => Promise<T>): Promise<T> {
    return this.#reference.use(call);
  }

  /** Forgets the libvirt object. Nothing happens to the thing itself. Can be called again. */
  async free(): Promise<void> {
    collected.unregister(this);
    this.owner.references.delete(this.#reference);
    await this.#reference.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.free();
  }
}
