import type { Domain } from '../libvirt/index.js';

/**
 * Undefines a domain with what libvirt keeps for it beside its disks. The variables of an EFI firmware are named only where
 * there are any: the Xen driver refuses that flag.
 */
export async function undefineDomain(domain: Domain): Promise<void> {
  const nvram = (await domain.xml({ inactive: true })).includes('<nvram');
  await domain.undefine({ managedSave: true, ...(nvram && { nvram }) });
}
