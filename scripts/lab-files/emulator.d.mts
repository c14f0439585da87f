export function uuidOf(cmdline: string): string | undefined;
export function findEmulator(id: string): { pid: number; started: string; boot: string } | undefined;
export function endEmulator(id: string): Promise<void>;
