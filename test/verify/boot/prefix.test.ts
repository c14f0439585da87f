import { expect, it } from 'vitest';
import type { CoreSettings } from '../../../src/verify/boot/kernel.js';
import { type Home, homeOf } from '../../../src/verify/boot/prefix.js';

const uuid = '80b63c56-9df7-4ccb-8459-60f2b2e2ac0f';
// Prefixes and early commands as grub-install writes them for one disk, another disk, LVM, RAID and an ESP.
const cases: [Pick<CoreSettings, 'prefix' | 'config'>, Home | undefined][] = [
  [{ prefix: '(,msdos1)/boot/grub' }, { path: '/boot/grub', partition: 1 }],
  [{ prefix: '(hd0,gpt12)/grub2' }, { path: '/grub2', partition: 12 }],
  [{ prefix: '(hd1,msdos1)/boot/grub' }, { path: '/boot/grub', device: 'hd1,msdos1' }],
  [{ prefix: '(lvmid/a-b/c-d)/boot/grub' }, { path: '/boot/grub', device: 'lvmid/a-b/c-d' }],
  [{ prefix: '(mduuid/0123)/boot/grub' }, { path: '/boot/grub', device: 'mduuid/0123' }],
  [{ prefix: '/EFI/debian' }, { path: '/EFI/debian' }],
  [
    {
      prefix: '(hd0,msdos1)/boot/grub',
      config: `search.fs_uuid ${uuid} root hd0,msdos1 \nset prefix=($root)'/boot/grub'\n`,
    },
    { path: '/boot/grub', uuid },
  ],
  [
    { prefix: '/x', config: `search --fs-uuid --no-floppy --set=root ${uuid}\nset prefix=($root)/grub\n` },
    { path: '/grub', uuid },
  ],
  [{ prefix: '' }, undefined],
  [{}, undefined],
];

it.each(cases)('finds where a core looks: %j', (settings, home) => {
  expect(homeOf(settings)).toEqual(home);
});
