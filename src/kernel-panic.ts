/** What a Linux kernel says when it gives up (kernel/panic.c), without the time before it; undefined where a console's text has none. */
export const kernelPanic = (text: string): string | undefined =>
  /Kernel panic - not syncing[^\r\n]*/.exec(text)?.[0];
