import type { Part } from '../archive/part.js';

/** The same part, telling its length after every step, and of every piece that is appended. */
export const watchPart = (
  part: Part,
  onStep: (length: number) => void,
  onBytes: (count: number) => void,
): Part => ({
  path: part.path,
  get length() {
    return part.length;
  },
  get validator() {
    return part.validator;
  },
  set validator(value) {
    part.validator = value;
  },
  async append(chunk) {
    onBytes(chunk.length);
    await part.append(chunk);
    onStep(part.length);
  },
  async reset() {
    await part.reset();
    onStep(part.length);
  },
  finish: () => part.finish(),
  close: () => part.close(),
});
