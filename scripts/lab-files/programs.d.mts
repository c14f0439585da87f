export function needPrograms(names: readonly string[], directories?: readonly string[]): void;
export function run(
  words: readonly string[],
  o?: { signal?: AbortSignal; stdio?: 'ignore' | 'inherit' },
): Promise<number>;
