/**
 * Two channels over one console, for guests that have no second port: a line of the second channel begins with a mark
 * and ends with its line end, wherever the text of the first stands. The guest's scripts (`installer/hooks/syslog-copier`,
 * `bootloader/init`) do so when their kernel has this argument.
 */
export const sharedConsoleArgument = 'vapp.console=shared';

/** ASCII's record separator, which no text has. */
const mark = 0x1e;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Takes the bytes of a shared console, cut anywhere, apart. The mark and the terminal's carriage returns do not get to `second`. */
export function splitConsole(o: {
  first(chunk: Buffer): void;
  second(chunk: Buffer): void;
}): (chunk: Buffer) => void {
  let marked = false;
  const give = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    if (marked) o.second(chunk.filter((byte) => byte !== carriageReturn) as Buffer);
    else o.first(chunk);
  };
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const end = nextBoundary(chunk, at, marked);
      const begins = chunk[end] === mark;
      give(chunk.subarray(at, begins ? end : end + 1));
      // A mark inside a marked line: what ran into that line took its end.
      if (begins && marked) o.second(Buffer.from('\n'));
      if (end < chunk.length) marked = begins;
      at = end + 1;
    }
  };
}

/** Index of the next mark, or in a marked line of its end; the length when there is neither. */
function nextBoundary(chunk: Buffer, from: number, marked: boolean): number {
  const index = chunk.subarray(from).findIndex((byte) => byte === mark || (marked && byte === lineFeed));
  return index < 0 ? chunk.length : from + index;
}
