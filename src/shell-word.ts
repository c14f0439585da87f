/** Nothing in these means anything to a shell. */
const plain = /^[\w@%+=:,./-]+$/;

/** A text as one word of a line to paste into a POSIX shell: as it is if that will do, else in single quotes. */
export const shellWord = (text: string): string =>
  plain.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
