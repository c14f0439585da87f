import { expect, test } from 'vitest';
import { refuseElsewhere } from '../../../src/build/grub/reach.js';
import type { GrubTarget } from '../../../src/build/grub/target.js';

const target = (local: boolean) => ({ path: '/images/web.img', local }) as GrubTarget;

test('a file of this machine is not looked for on another, where its path is another file', () => {
  expect(() => refuseElsewhere({ uri: 'qemu+ssh://root@host/system' }, target(true))).toThrow(
    expect.objectContaining({ code: 'VAPP_BOOTLOADER_UNREACHABLE' }),
  );
});

test('a file here, and a volume there', () => {
  refuseElsewhere({ uri: 'qemu:///system' }, target(true));
  refuseElsewhere({ uri: 'qemu+ssh://root@host/system' }, target(false));
});
