/** Splits a device number of stat(2), as glibc's gnu_dev_major and gnu_dev_minor do. */
export const deviceNumbers = (dev: bigint): { major: bigint; minor: bigint } => ({
  major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn),
  minor: (dev & 0xffn) | ((dev >> 12n) & ~0xffn),
});
