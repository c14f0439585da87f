import type { Engine } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { element, ensure, first, insert, remove } from './tree.js';
import type { XmlElement } from './xml.js';

/**
 * The text ports of a guest, on pseudo-terminals, in place of those of the template: one, or two where a second channel
 * is wanted and the engine has a port for it. libvirt's console is the first; the second is `serial1` to
 * virDomainOpenConsole.
 */
export function setPorts(
  domain: XmlElement,
  engine: Engine,
  o: { second: boolean } = { second: false },
): void {
  const devices = ensure(domain, 'devices');
  const { port: type, secondPort } = engineShapes[engine];
  remove(devices, 'serial', 'console');
  insert(devices, element('console', { type: 'pty' }, element('target', { type, port: '0' })));
  if (type === 'xen') return;
  for (const port of o.second && secondPort ? ['0', '1'] : ['0'])
    insert(devices, element('serial', { type: 'pty' }, element('target', { port })));
}

/** A console is needed to see the machine boot; the template's own stays. */
export function ensureConsole(domain: XmlElement, engine: Engine): void {
  const devices = ensure(domain, 'devices');
  if (!first(devices, 'serial') && !first(devices, 'console')) setPorts(domain, engine);
}
