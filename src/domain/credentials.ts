import { VappError } from '../errors.js';
import type { Engine } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { element, ensure, first, insert, remove, setAttributes } from './tree.js';
import type { XmlElement } from './xml.js';

/** A value that survives an SMBIOS string as it is; others go as base64 (systemd.system-credentials(7)). */
const plain = /^[!-~](?:[ -~]*[!-~])?$/;

function oemString(name: string, value: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
    throw new VappError(
      'VAPP_DOMAIN_CREDENTIALS',
      `${JSON.stringify(name)} cannot be the name of a credential`,
      {
        why: 'a credential is named like a file, of letters, digits and ._-',
      },
    );
  if (plain.test(value)) return `io.systemd.credential:${name}=${value}`;
  return `io.systemd.credential.binary:${name}=${Buffer.from(value, 'utf8').toString('base64')}`;
}

/** Hands systemd credentials to the guest by SMBIOS type 11 strings. Throws VAPP_DOMAIN_CREDENTIALS. */
export function setCredentials(
  domain: XmlElement,
  engine: Engine,
  credentials: Record<string, string>,
): void {
  const strings = Object.entries(credentials).map(([name, value]) => oemString(name, value));
  if (strings.length === 0) return;
  if (!engineShapes[engine].qemu)
    throw new VappError('VAPP_DOMAIN_CREDENTIALS', `${engine} cannot hand credentials to a guest`, {
      why: 'Xen gives its guests no SMBIOS strings of ours',
    });
  const sysinfo = first(domain, 'sysinfo') ?? insert(domain, element('sysinfo'));
  setAttributes(sysinfo, { type: 'smbios' });
  const given = first(sysinfo, 'oemStrings')?.children ?? [];
  remove(sysinfo, 'oemStrings');
  insert(sysinfo, element('oemStrings', {}, ...given, ...strings.map((text) => element('entry', {}, text))));
  setAttributes(ensure(ensure(domain, 'os'), 'smbios'), { mode: 'sysinfo' });
}
