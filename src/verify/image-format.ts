import { VappError } from '../errors.js';

/** Formats of disk images that are not read, by their first bytes. */
const foreign: readonly [name: string, offset: number, text: string][] = [
  ['VMDK', 0, 'KDMV'],
  ['VMDK', 0, '# Disk DescriptorFile'],
  ['VHDX', 0, 'vhdxfile'],
  ['VHD', 0, 'conectix'],
  ['VDI', 64, '\x7f\x10\xda\xbe'],
  ['QED', 0, 'QED\0'],
];

/**
 * Refuses an image of another format, which would look like an empty disk.
 * @param head its first 512 bytes.
 * @throws VAPP_VERIFY_FORMAT
 */
export function refuseForeign(head: Buffer): void {
  const found = foreign.find(([, at, text]) => head.toString('latin1', at, at + text.length) === text);
  if (!found) return;
  throw new VappError('VAPP_VERIFY_FORMAT', `the image is of the format ${found[0]}`, {
    why: 'raw and qcow2 can be read',
    hint: 'qemu-img convert -O qcow2 IMAGE IMAGE.qcow2',
  });
}
