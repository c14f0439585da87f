/**
 * What is on a disk does not make sense, or is not there. Never leaves this room: whoever examines a part of the disk
 * makes a sentence of its report out of it.
 */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}
