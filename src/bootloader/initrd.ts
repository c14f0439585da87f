import type { FetchContext, Suite } from '../archive/types.js';

/** What the finisher's initrd is made of. */
export interface FinisherInitrdRequest extends FetchContext {
  /** The verified suite that the tools and the kernel's modules come from. */
  suite: Suite;
  /** Of the kernel that will boot it: `6.12.117+deb13-amd64`. */
  kernelVersion: string;
  /** The kernel's package when it is at hand already; else `linux-image-<kernelVersion>` of the suite. */
  modulesFrom?: { path: string; sha256: string };
}

/** The common part of the finisher's initrd, the same for all builds of a kernel and a suite's state. */
export interface FinisherInitrd {
  path: string;
  /** SHA-256 (hex) over what it is made of. */
  digest: string;
}

export async function buildFinisherInitrd(_request: FinisherInitrdRequest): Promise<FinisherInitrd> {
  throw new Error('not yet');
}
