/** What a reporter writes to: a terminal, a pipe or a test's collector. */
export interface Out extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}
