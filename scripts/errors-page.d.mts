export function errorCodes(
  files: readonly (readonly [path: string, text: string])[],
): [code: string, message: string][];
export function errorsPage(
  files: readonly (readonly [path: string, text: string])[],
  statuses: readonly { status: number; meaning: string }[],
  statusOf: (code: string) => number,
): string;
