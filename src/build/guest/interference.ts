import { VappError } from '../../errors.js';
import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import { shellWord } from '../../shell-word.js';
import { endDeadLine } from '../reach/dead-line.js';
import { describe, type Scope } from '../records/scope.js';
import type { StopReason } from './guest-end.js';

interface Ground {
  connection: Connection;
  scope: Scope;
}

/**
 * VAPP_BUILD_GUEST when a guest did not end by itself: someone destroyed it, or its hypervisor's process is gone (libvirt's
 * reasons `destroyed` and `failed`); VAPP_BUILD_STORAGE when it was paused for an I/O error. What the build made of that
 * end is the cause.
 */
export function endedFromOutside(
  o: { connection: Connection; name: string; reason: StopReason },
  cause?: VappError,
): VappError | undefined {
  const { connection, name, reason } = o;
  if (reason === 'ioerror') return unwritable(name, connection.uri, cause);
  if (reason !== 'destroyed' && reason !== 'failed') return undefined;
  const destroyed = reason === 'destroyed';
  return new VappError('VAPP_BUILD_GUEST', `the guest ${name} was ended from outside`, {
    why: destroyed
      ? 'libvirt destroyed it, and the build did not ask for that: virsh destroy does it, or another program'
      : 'its hypervisor’s process ended without a word to libvirt: it was killed, or crashed',
    hint: destroyed ? 'build again' : `look at the log of the guest on ${connection.uri}, then build again`,
    cause,
  });
}

const unwritable = (name: string, uri: string, cause?: VappError): VappError =>
  new VappError('VAPP_BUILD_STORAGE', `the guest ${name} can no longer write to its disk`, {
    why: 'its hypervisor paused it: there is no space left in the storage pool, or the storage fails',
    hint: `virsh -c ${shellWord(uri)} pool-list --details`,
    cause,
  });

export const isFromOutside = (error: unknown): boolean =>
  error instanceof VappError && error.code === 'VAPP_BUILD_GUEST';

/**
 * Throws VAPP_BUILD_VOLUME when a volume that the build has made and still needs is gone, VAPP_BUILD_STORAGE when its pool was
 * stopped.
 */
export async function checkVolumes({ connection, scope }: Ground, cause?: unknown): Promise<void> {
  for (const resource of scope.standing()) {
    if (resource.kind !== 'volume') continue;
    const pool = await connection.lookupPool(resource.pool);
    if (pool && !(await pool.isActive())) throw stopped(resource.pool, connection.uri, cause);
    if (await pool?.lookupVolume(resource.name)) continue;
    // The build itself may have removed it meanwhile.
    if (!scope.standing().includes(resource)) continue;
    throw new VappError('VAPP_BUILD_VOLUME', `the ${describe(resource)} is gone`, {
      why: pool
        ? 'something else deleted it while the build needed it: virsh vol-delete, or another program'
        : `something else removed the storage pool ${resource.pool}`,
      hint: 'build again',
      cause,
    });
  }
}

const stopped = (pool: string, uri: string, cause: unknown): VappError =>
  new VappError('VAPP_BUILD_STORAGE', `the storage pool ${pool} was stopped`, {
    why: 'something else did that while the build needed it: virsh pool-destroy, a restart of libvirt, or another program',
    hint: `virsh -c ${shellWord(uri)} pool-start ${pool}, then build again`,
    cause,
  });

/** Why a stage really failed: a volume that is gone may show as any error at all, and so may a pool that was stopped. */
export async function explained(ground: Ground, error: unknown): Promise<unknown> {
  if (isConnectionLost(error)) return error;
  try {
    await checkVolumes(ground, error);
    return error;
  } catch (other) {
    return other instanceof VappError && /^VAPP_BUILD_(VOLUME|STORAGE)$/.test(other.code) ? other : error;
  }
}

const everyMilliseconds = 30_000;

/**
 * Looks now and then whether what the build stands on is still there, and aborts `stop` with the reason when it is not:
 * an installer goes on for a long time on a deleted disk, and a download does not notice that libvirt is gone. A libvirt that
 * does not answer on a dead line is given up.
 */
export function watchGround(ground: Ground, stop: AbortController): { end(): void } {
  let looking = false;
  const look = async (): Promise<void> => {
    // A look that has taken all the time until the next one: perhaps the line is dead, and libvirt's client has not heard.
    if (looking) return await endDeadLine(ground.connection.uri);
    looking = true;
    await checkVolumes(ground).catch(lost);
    looking = false;
  };
  const lost = (error: unknown): void => {
    if (error instanceof VappError && error.code === 'VAPP_BUILD_VOLUME') stop.abort(error);
  };
  const closed = (reason: string): void =>
    stop.abort(
      new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'the connection to libvirt was lost', {
        why: `libvirt on ${ground.connection.uri} ended it, was restarted, or does not answer: ${reason}`,
        hint: `vapp doctor --connect ${shellWord(ground.connection.uri)}, then build again`,
      }),
    );
  const timer = setInterval(look, everyMilliseconds);
  timer.unref();
  ground.connection.on('closed', closed);
  return {
    end: () => {
      clearInterval(timer);
      ground.connection.off('closed', closed);
    },
  };
}
