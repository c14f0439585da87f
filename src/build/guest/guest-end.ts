import { deferred } from '../../deferred.js';
import { VappError } from '../../errors.js';
import { type Connection, type Domain, isMissing, type LifecycleEvent } from '../../libvirt/index.js';
import { shellWord } from '../../shell-word.js';

/**
 * How a guest went away: libvirt's name for it (`shutdown`, `destroyed`, `crashed`, `failed`). `ioerror`: it is still there, but
 * QEMU has paused it since a write found no space, which is what it does by itself (qemu(1), -drive werror).
 */
export type StopReason = string;

/** Subscribes before the domain exists, so that no end can be missed. */
export function watchStop(
  connection: Connection,
  name: string,
): { promise: Promise<StopReason>; forget(): void } {
  const { promise, resolve, reject } = deferred<StopReason>();
  const onLifecycle = (event: LifecycleEvent): void => {
    const over = event.event === 'stopped' || (event.event === 'suspended' && event.reason === 'ioerror');
    if (event.name === name && over) resolve(event.reason);
  };
  const onClosed = (reason: string): void =>
    reject(
      new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'the connection to libvirt was lost', {
        why: reason,
        hint: `virsh -c ${shellWord(connection.uri)} list`,
      }),
    );
  connection.on('lifecycle', onLifecycle);
  connection.on('closed', onClosed);
  const forget = (): void => {
    connection.off('lifecycle', onLifecycle);
    connection.off('closed', onClosed);
  };
  promise.then(forget, forget);
  return { promise, forget };
}

/** Destroys a domain that may be gone already. */
export async function destroyDomain(connection: Connection, name: string): Promise<void> {
  const domain = await connection.lookupDomain(name);
  if (!domain) return;
  try {
    await domain.destroy();
  } catch (error) {
    // It has ended by itself in the meantime, or a persistent one is shut off already.
    if (!isMissing(error) && (await stateOf(domain, error)) !== 'shutoff') throw error;
  }
}

/** When nobody can say, as the connection is lost, it may run on: then `why` it could not be destroyed is thrown. */
async function stateOf(domain: Domain, why: unknown): Promise<string> {
  try {
    return await domain.state();
  } catch (error) {
    if (isMissing(error)) return 'shutoff';
    throw why;
  }
}
