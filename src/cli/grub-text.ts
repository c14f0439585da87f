import { grubSteps } from '../bootloader/index.js';
import type { Decision } from '../bootloader/target/index.js';
import type { GrubWishes } from '../build/grub/install.js';
import type { GrubTarget } from '../build/grub/target.js';
import { cleanLine } from '../report/untrusted.js';

/** What each step of the guest does, as somebody would type it. */
const texts: Readonly<Record<string, string>> = {
  disk: 'find the disk by its serial number',
  store: 'find the second disk, the store, for what will be written',
  snapshot: 'dmsetup create hda (a snapshot: the disk itself is only read), and hda1, … for its partitions',
  find: 'find the root by what is in it (lvm vgchange -a y when there is LVM), and its /boot',
  fsck: 'e2fsck -p on ext file systems',
  mount: 'mount root and /boot',
  bind: 'mount /proc, /sys, /dev and /run in it',
  devicemap: 'echo "(hd0) /dev/mapper/hda" > /boot/grub/device.map, until all is done',
  grub_bios:
    'grub-install --target=i386-pc --boot-directory=ROOT/boot /dev/mapper/hda, from outside the system',
  grub_uefi: 'grub-install --target=x86_64-efi on the EFI system partition, and the signed shim and GRUB',
  menu: 'update-grub in the system if it has it, else write grub.cfg',
  menu_check: 'look for a kernel and a root in grub.cfg',
  release: 'umount, dmsetup remove',
  go: 'wait until the old content of everything that will be written is saved here',
  merge: 'merge the snapshot into the disk',
};

const never = 'keep grub.cfg, or write one if there is none; nothing of the system is run';

/** The steps of a dry run. */
export function grubPlanText(target: GrubTarget, decision: Decision, wishes: GrubWishes): string {
  const { firmware, root } = decision;
  const steps = grubSteps(decision).map((step) => {
    const text = step === 'menu' && wishes.updateGrub === 'never' ? never : texts[step];
    return `  ${step.padEnd(10)} ${text}`;
  });
  return [
    `${cleanLine(target.name)}: ${target.format}`,
    `root      ${root ?? 'will be looked for in the guest'}`,
    `firmware  ${firmware.join(', ')}`,
    'in a guest:',
    ...steps,
    `here: read the disk as vapp grub --check does`,
  ].join('\n');
}
