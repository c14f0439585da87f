import { VappError } from '../errors.js';

/** An image that is damaged, or of a kind that is not supported. */
export const unreadable = (
  why: string,
  cause?: unknown,
  hint = 'qemu-img check IMAGE says whether it is whole',
): VappError =>
  new VappError('VAPP_VERIFY_QCOW2', 'The disk image cannot be read', {
    why,
    cause,
    hint,
  });
