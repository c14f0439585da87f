import { VappLab } from '../vapp-lab.js';

const interrupt = new URL('./interrupt.mjs', import.meta.url).pathname;
/** Of a Debian host on which vapp uses the mapper `device-mapper`. */
const packages = 'grub2-common grub-pc-bin grub-efi-amd64-bin e2fsprogs';

/** A privileged host: the lab with vapp and what the mapper needs in it. */
export class MapperLab extends VappLab {
  async boot(): Promise<void> {
    await this.start({ memory: 2048, packages });
    await this.put(interrupt, '/opt/vapp/interrupt.mjs');
  }

  /** Everything of the kind that the mapper makes, as the host's own tools tell it. */
  async things(): Promise<string> {
    return await this.run(
      'dmsetup ls; losetup --list --noheadings --output NAME,BACK-FILE; findmnt --raw --noheadings --output TARGET,SOURCE;' +
        ' cat /sys/block/nbd*/pid 2>/dev/null; ls -A ~/.local/state/vapp/device-mapper 2>/dev/null;' +
        ' ls /dev/mapper /dev/disk/by-uuid; pgrep -a -x "unshare|qemu-nbd|grub-install|flock"; true',
    );
  }
}
