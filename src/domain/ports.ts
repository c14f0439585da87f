import type { Engine } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { element, ensure, first, insert, remove } from './tree.js';
import type { XmlElement } from './xml.js';

/**
 * One or two text ports on pseudo-terminals, in place of those of the template. libvirt's console is the first port;
 * the second is `serial1` to virDomainOpenConsole, or Xen's channel of that name.
 */
export function setPorts(domain: XmlElement, engine: Engine, second?: 'syslog' | 'report'): void {
  const devices = ensure(domain, 'devices');
  const xen = engineShapes[engine].ports === 'xen';
  remove(devices, 'serial', 'console');
  insert(
    devices,
    element('console', { type: 'pty' }, element('target', { type: xen ? 'xen' : 'serial', port: '0' })),
  );
  if (xen) {
    if (second)
      insert(
        devices,
        element('channel', { type: 'pty' }, element('target', { type: 'xen', name: `org.vapp.${second}` })),
      );
    return;
  }
  for (const port of second ? ['0', '1'] : ['0'])
    insert(devices, element('serial', { type: 'pty' }, element('target', { port })));
}

/** A console is needed to see the machine boot; the template's own stays. */
export function ensureConsole(domain: XmlElement, engine: Engine): void {
  const devices = ensure(domain, 'devices');
  if (!first(devices, 'serial') && !first(devices, 'console')) setPorts(domain, engine);
}
