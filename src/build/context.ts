import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import type { Release } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import type { GuestChannel } from './guest/guest.js';
import type { Journal } from './records/journal.js';
import type { Scope } from './records/scope.js';

/** What the user asked for besides the spec. */
export interface BuildOptions {
  /** Leave the running guest and the volumes of a failed build for inspection; `vapp clean` removes them. */
  keep: boolean;
  /** Replace a template of the same name. */
  force: boolean;
  /** Name of the template; the appliance's name by default. */
  name?: string;
  pool?: string;
  /** libvirt network, or `bridge:NAME`, that the installer guest and the template are attached to. */
  network?: string;
  /** `HOST[:PORT]` of this machine where the package proxy listens and guests reach it. */
  proxyAddress?: string;
  /** A domain template of the user's own. */
  domainTemplate?: string;
}

/** What every stage of a build works with. */
export interface BuildContext {
  id: string;
  directory: string;
  cache: string;
  resolved: ResolvedSpec;
  release: Release;
  connection: Connection;
  /** Opens another connection to the same host, for the clean-up after the first one was lost. */
  reconnect?: () => Promise<Connection>;
  options: BuildOptions;
  journal: Journal;
  scope: Scope;
  emit: Emit;
  /** Aborted when the build must end: it is cancelled, or what it stands on is gone. */
  signal: AbortSignal;
  /** Aborted when the user cancels. */
  cancelled: AbortSignal;
}

/** A channel of a guest that is copied, byte for byte, to a file of the build directory before `onData` sees it. */
export function loggedChannel(
  { directory, emit }: Pick<BuildContext, 'directory' | 'emit'>,
  o: { device: string; file: string; onData(chunk: Buffer): void },
): GuestChannel {
  const log = createWriteStream(join(directory, o.file), { flags: 'a', mode: 0o600 });
  // A log that cannot be written (a full disk) must not end the process without its clean-up; the build goes on.
  log.on('error', (error) =>
    emit({ type: 'warning', text: `${o.file} is not written any more: ${error.message}` }),
  );
  return {
    device: o.device,
    onData: (chunk) => {
      if (log.writable) log.write(chunk);
      o.onData(chunk);
    },
    onEnd: () => log.end(),
  };
}
