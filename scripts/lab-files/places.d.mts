interface Identity {
  pid: number;
  started: string;
  boot: string;
}
export function isAlive(o: Identity): boolean;
export function identify(pid: number): Identity | undefined;
export function claim(parent: string, purpose: string): string;
export function claims(parent: string): { path: string; purpose: string; pid: number; alive: boolean }[];
export function remove(path: string, parent: string): void;
