import { readFileSync } from 'node:fs';
import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import { isRemote } from '../../plan/index.js';
import { bad, type Finding, note, ok } from './check.js';

const ownUri = 'xen:///system';

const unit = '/etc/systemd/system/libvirtd.service.d/xen.conf';
const cure = [
  `printf '[Unit]\\nAfter=xen.service\\nWants=xen.service\\n' | install -D -m 644 /dev/stdin ${unit}`,
  'systemctl daemon-reload && systemctl restart libvirtd',
].join(' && ');

/**
 * What is wrong when libvirt's Xen driver gave up at the start of libvirtd, as it does without xenstored. libvirt's unit
 * waits for xencommons.service; Debian's package calls it xen.service, so which of the two comes first is a race at each
 * boot. Undefined for every other failure.
 */
export function idleXenDriver(error: unknown, where: { remote: boolean }): Finding | undefined {
  const texts = error instanceof VappError ? [error.message, error.why] : [];
  // The message of libxlConnectOpen (libvirt's src/libxl/libxl_driver.c), as libvirt 11.3 gave it.
  if (!texts.some((text) => text?.includes('libxenlight state driver is not active'))) return undefined;
  return bad(
    'libvirt’s Xen driver is not active',
    'libvirtd was started before xenstored; its unit does not wait for xen.service',
    where.remote ? `${cure}   # as root on that host` : `${cure}   # as root`,
  );
}

/** Whether this is Xen's control domain (dom0), and `uri`, which was looked at, is another driver's here. */
export const wantsXenDriver = (uri: string, capabilities = '/proc/xen/capabilities'): boolean => {
  if (uri.startsWith('xen') || (uri !== '' && isRemote(uri))) return false;
  try {
    return readFileSync(capabilities, 'utf8').includes('control_d');
  } catch {
    return false;
  }
};

/** Whether the system's Xen driver answers: a finding, but no fault where the host that was asked for is another driver's. */
export async function checkXenDriver(open: (uri: string) => Promise<Connection>): Promise<Finding[]> {
  try {
    await (await open(ownUri)).close();
    return [ok(`libvirt’s Xen driver answers at ${ownUri}`)];
  } catch (error) {
    const known = idleXenDriver(error, { remote: false });
    const { message, hint } =
      error instanceof VappError ? error : { message: String(error), hint: undefined };
    return [known ?? note(`nothing answers at ${ownUri}`, message, hint ?? `virsh -c ${ownUri} list`)];
  }
}
