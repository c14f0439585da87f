import { VappError } from '../errors.js';
import type { Plan } from './plan.js';

/** All that a build makes and removes again begins so. */
export const buildPrefix = 'vapp-build-';

/** The disk that a build, or a clone, makes to stay: its name does not begin like those of the things that a clean-up may remove. */
export const diskName = (build: string): string => `vapp-${build}.qcow2`;

/** What such a disk boots by where no firmware reads its boot sector, and which stays with it. */
export const bootMediumName = (build: string): string => `vapp-${build}-grub.bin`;

/** libvirt refuses `/` in names of domains; the rest keeps names usable in a shell, a path and a URI. */
const templateName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const checkedTemplateName = (name: string): string => {
  if (templateName.test(name) && !name.startsWith(buildPrefix)) return name;
  throw new VappError('VAPP_PLAN_NAME', `${JSON.stringify(name)} cannot be the name of a template`, {
    why: name.startsWith(buildPrefix)
      ? `names that begin with ${buildPrefix} belong to builds in progress`
      : 'it has letters, digits and . _ -, at most 128, and begins with a letter or digit',
    hint: '--name web-1',
  });
};

/** Names of everything on the libvirt host. @throws VappError VAPP_PLAN_NAME */
export const namesFor = (build: string, template: string): Plan['names'] => {
  const own = `${buildPrefix}${build}`;
  return {
    template: checkedTemplateName(template),
    installerDomain: `${own}-installer`,
    finisherDomain: `${own}-finisher`,
    verifyDomain: `${own}-verify`,
    disk: diskName(build),
    bootMedium: bootMediumName(build),
    kernel: `${own}-kernel`,
    initrd: `${own}-initrd`,
    finisherInitrd: `${own}-finisher-initrd`,
    overlay: `${own}-overlay.qcow2`,
  };
};
