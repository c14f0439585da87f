import { readFileSync } from 'node:fs';

/** Identifies a process across pid reuse and reboots: start time in clock ticks (proc(5) stat, field 22) and the kernel's boot id. */
export function processIdentity(pid = process.pid): { started: string; boot: string } {
  return { started: processStat(pid)[19] ?? '', boot: bootId() };
}

let knownBoot: string | undefined;
/** Read once: a thousand builds are looked at together, and no process sees a second boot. */
const bootId = (): string => (knownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

/** Fields of proc(5) stat from the third on: the second is a name, in which anything may stand. */
function processStat(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Whether the process that wrote this about itself still is. */
export function isAlive(begin: { pid: number; started: string; boot: string }): boolean {
  try {
    if (begin.boot !== bootId()) return false;
    const stat = processStat(begin.pid);
    // One that nobody has waited for yet (Z) does nothing any more.
    return stat[0] !== 'Z' && stat[19] === begin.started;
  } catch {
    return false;
  }
}
