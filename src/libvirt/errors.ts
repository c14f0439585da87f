import { type ErrorDetails, VappError } from '../errors.js';
import { constants as c } from './constants.js';

/** A failure as a lane reports it: plain data that passes between threads. */
export interface FailureReport {
  /** C function that failed. */
  api: string;
  /** virErrorNumber. */
  libvirtCode: number;
  /** virErrorDomain: the part of libvirt that raised it. */
  domain: number;
  message: string;
}

const suffixes: Readonly<Record<number, string>> = {
  [c.VIR_ERR_NO_SUPPORT]: 'UNSUPPORTED',
  [c.VIR_ERR_NO_CONNECT]: 'UNREACHABLE',
  [c.VIR_ERR_INVALID_ARG]: 'INVALID_ARGUMENT',
  [c.VIR_ERR_XML_ERROR]: 'XML',
  [c.VIR_ERR_OPERATION_DENIED]: 'DENIED',
  [c.VIR_ERR_XML_DETAIL]: 'XML',
  [c.VIR_ERR_NO_DOMAIN]: 'NO_DOMAIN',
  [c.VIR_ERR_NO_NETWORK]: 'NO_NETWORK',
  [c.VIR_ERR_AUTH_FAILED]: 'DENIED',
  [c.VIR_ERR_NO_STORAGE_POOL]: 'NO_POOL',
  [c.VIR_ERR_NO_STORAGE_VOL]: 'NO_VOLUME',
  [c.VIR_ERR_OPERATION_INVALID]: 'INVALID_STATE',
  [c.VIR_ERR_CONFIG_UNSUPPORTED]: 'UNSUPPORTED',
  [c.VIR_ERR_OPERATION_TIMEOUT]: 'TIMEOUT',
  [c.VIR_ERR_ARGUMENT_UNSUPPORTED]: 'UNSUPPORTED',
  [c.VIR_ERR_AUTH_CANCELLED]: 'DENIED',
  [c.VIR_ERR_NO_DOMAIN_METADATA]: 'NO_METADATA',
  [c.VIR_ERR_OPERATION_UNSUPPORTED]: 'UNSUPPORTED',
  [c.VIR_ERR_RESOURCE_BUSY]: 'BUSY',
  [c.VIR_ERR_ACCESS_DENIED]: 'DENIED',
  [c.VIR_ERR_STORAGE_VOL_EXIST]: 'VOLUME_EXISTS',
  [c.VIR_ERR_XML_INVALID_SCHEMA]: 'XML',
  [c.VIR_ERR_AUTH_UNAVAILABLE]: 'DENIED',
};

const codeOf = (report: FailureReport): `VAPP_${string}` => {
  const suffix = suffixes[report.libvirtCode];
  if (suffix) return `VAPP_LIBVIRT_${suffix}`;
  return report.api === 'virConnectOpen' ? 'VAPP_LIBVIRT_UNREACHABLE' : 'VAPP_LIBVIRT_FAILED';
};

// What libvirt says and what helps, as met on real hosts.
const hints: readonly [RegExp, string][] = [
  [/Active console session exists/, 'close the other console, or take it over with --force'],
  [
    /virtlogd-sock/,
    'start virtlogd on the libvirt host: systemctl start virtlogd, or without systemd: virtlogd -d',
  ],
  [/too long for unix socket/, 'set XDG_RUNTIME_DIR to a short directory, such as mktemp -d gives'],
  [/Cannot create user runtime directory/, 'unset XDG_RUNTIME_DIR, or make that directory with mkdir -m 700'],
  [
    /libxenlight state driver is not active/,
    'restart libvirtd, now that xenstored runs: systemctl restart libvirtd; vapp doctor --connect URI tells how to make it wait',
  ],
  [
    /Unable to get system bus|authentication unavailable|no polkit agent/i,
    'add yourself to the group libvirt, or use --connect qemu:///session',
  ],
  [
    /network backend 'user' is not compiled into this binary/,
    '--network default; for a host that is reached by ssh also --proxy-address HOST, an address of this machine',
  ],
  [
    /failed to get free memory for domain|failed to create new domain/,
    'Xen has too little free memory (xl info free_memory): shut guests down, or give the appliance less memory',
  ],
  [
    /Failed to connect socket.*Permission denied/,
    'add yourself to the group libvirt (adduser USER libvirt) and log in anew, or use --connect qemu:///session',
  ],
  [
    /Failed to connect socket.*session|libvirtd.*No such file/,
    'install the daemon: apt install libvirt-daemon libvirt-daemon-driver-qemu',
  ],
  [
    /Failed to connect socket.*(libvirt|virtqemud)/,
    'start the daemon: systemctl start libvirtd, or without systemd: virtlogd -d && libvirtd -d',
  ],
];

/** The line to type for a text of libvirt, where one is known. */
export const hintFor = (message: string): string | undefined =>
  hints.find(([pattern]) => pattern.test(message))?.[1];

/** A libvirt call failed. `code` is `VAPP_LIBVIRT_…` by virErrorNumber; the exact numbers stay in the fields. */
export class LibvirtError extends VappError {
  override readonly name = 'LibvirtError';
  readonly api: string;
  readonly libvirtCode: number;
  readonly domain: number;

  constructor(report: FailureReport, code = codeOf(report), details: ErrorDetails = {}) {
    const [first = 'unknown error', ...rest] = report.message.split('\n');
    super(code, first, {
      why: `libvirt answered ${report.api} with error ${report.libvirtCode} of domain ${report.domain}`,
      hint: hintFor(report.message),
      ...(rest.length > 0 && { excerpt: rest.join('\n') }),
      ...details,
    });
    this.api = report.api;
    this.libvirtCode = report.libvirtCode;
    this.domain = report.domain;
  }
}

const lostCodes: readonly number[] = [c.VIR_ERR_INTERNAL_ERROR, c.VIR_ERR_SYSTEM_ERROR, c.VIR_ERR_RPC];

/**
 * Could this failure mean that the connection broke? The daemon's own failures can look the same (no virtlogd:
 * system error of domain RPC), so the connection is asked with virConnectIsAlive before it counts as lost.
 */
export const mayBeLost = (error: LibvirtError): boolean =>
  error.api !== 'virConnectOpen' && error.domain === c.VIR_FROM_RPC && lostCodes.includes(error.libvirtCode);

/** The same failure, once the connection is known to be gone. */
export const connectionLost = (error: LibvirtError): LibvirtError =>
  new LibvirtError({ ...error, message: error.message }, 'VAPP_LIBVIRT_CONNECTION_LOST', {
    hint: 'see the log of the libvirt daemon, then run the command again',
    cause: error,
  });

/** Did this call fail because the libvirt daemon went away or no longer answers? Only a new connection helps then. */
export const isConnectionLost = (error: unknown): error is VappError =>
  error instanceof VappError && error.code === 'VAPP_LIBVIRT_CONNECTION_LOST';

/** Does this error say that a domain, pool, volume, network or metadata element is not there? */
export const isMissing = (error: unknown): error is LibvirtError =>
  error instanceof LibvirtError &&
  (
    [
      c.VIR_ERR_NO_DOMAIN,
      c.VIR_ERR_NO_NETWORK,
      c.VIR_ERR_NO_STORAGE_POOL,
      c.VIR_ERR_NO_STORAGE_VOL,
      c.VIR_ERR_NO_DOMAIN_METADATA,
    ] as number[]
  ).includes(error.libvirtCode);

/** The result, or undefined when libvirt says with this code that the thing is not there. */
export async function unlessMissing<T>(libvirtCode: number, result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof LibvirtError && error.libvirtCode === libvirtCode) return undefined;
    throw error;
  }
}
