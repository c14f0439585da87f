import { describe, expect, it } from 'vitest';
import { moduleClosure } from '../../src/installer/modules.js';

const dependencies = [
  'kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/jbd2/jbd2.ko.xz',
  'kernel/fs/jbd2/jbd2.ko.xz:',
  'kernel/lib/crc16.ko.xz:',
  'kernel/drivers/md/dm-mod.ko.xz: kernel/drivers/dax/dax.ko.xz',
  'kernel/drivers/dax/dax.ko.xz:',
].join('\n');
const builtin = 'kernel/drivers/block/virtio_blk.ko\nkernel/lib/crc32.ko\n';

describe('moduleClosure', () => {
  it('adds what a module needs, each file once, sorted', () => {
    expect(moduleClosure(['ext4', 'jbd2'], dependencies, builtin)).toEqual([
      'kernel/fs/ext4/ext4.ko.xz',
      'kernel/fs/jbd2/jbd2.ko.xz',
      'kernel/lib/crc16.ko.xz',
    ]);
  });

  it('takes dash and underscore for one, and built-in modules for there', () => {
    expect(moduleClosure(['dm_mod', 'virtio-blk'], dependencies, builtin)).toEqual([
      'kernel/drivers/dax/dax.ko.xz',
      'kernel/drivers/md/dm-mod.ko.xz',
    ]);
  });

  it('names a module that the kernel does not have', () => {
    expect(() => moduleClosure(['ext5'], dependencies, builtin)).toThrow(
      expect.objectContaining({ code: 'VAPP_INSTALLER_MODULE', message: expect.stringContaining('ext5') }),
    );
  });
});
