export function parseStat(text: string): { own: number; children: number };
interface ProcessOptions {
  proc?: string;
  hertz?: number;
}
export function processSeconds(
  pid: number | string,
  o?: ProcessOptions & { children?: boolean },
): number | undefined;
export function guestOf(cmdline: string): string | undefined;
export class GuestMeter {
  constructor(fits: (name: string) => boolean, o?: ProcessOptions);
  sample(): void;
  read(): void;
  seconds(fits?: (name: string) => boolean): number;
}
