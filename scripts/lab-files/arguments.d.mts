export const usage: string;
export type StartOptions = { memory?: number; processors?: number; port?: number; timeout?: number };
export function parseCommand(words: readonly string[]): {
  command: string;
  mode?: string;
  rest?: string[];
  options?: StartOptions & { json?: boolean };
};
