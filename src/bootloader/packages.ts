import { parseRelations } from '../archive/relations.js';
import type { Stanza, Suite } from '../archive/types.js';
import { VappError } from '../errors.js';

const noPackage = (name: string): VappError =>
  new VappError('VAPP_BOOTLOADER_PACKAGE', `The suite has no package ${name}`, {
    why: 'The finisher guest is made of it.',
    hint: 'Choose a mirror that carries the whole release',
  });

/**
 * Packages and the libraries that they depend on, sorted by name. Only libraries: no package is going to be installed.
 * @throws VAPP_BOOTLOADER_PACKAGE
 */
export function withLibraries(suite: Suite, names: readonly string[]): Stanza[] {
  const found = new Map<string, Stanza>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const stanza = suite.packages.get(name) ?? suite.packages.providers(name)[0];
    if (!stanza) throw noPackage(name);
    if (found.has(stanza.Package)) continue;
    found.set(stanza.Package, stanza);
    const groups = [...parseRelations(stanza['Pre-Depends']), ...parseRelations(stanza.Depends)];
    queue.push(...groups.map(([first]) => first!.name).filter((other) => other.startsWith('lib')));
  }
  return [...found.values()].sort((a, b) => (a.Package < b.Package ? -1 : 1));
}

/**
 * The package with a kernel's modules.
 * @throws VAPP_BOOTLOADER_PACKAGE
 */
export function kernelPackage(suite: Suite, kernelVersion: string): Stanza {
  const name = `linux-image-${kernelVersion}`;
  const stanza = suite.packages.get(name);
  if (!stanza) throw noPackage(name);
  return stanza;
}
