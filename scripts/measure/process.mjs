// CPU time of processes, from /proc. QEMU is nobody's child here (libvirt makes a daemon of it), so it is sampled: what it
// uses after the last sample is lost, which is less than one interval.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

let ticks;
const ticksPerSecond = () => (ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));

/** Clock ticks of a line of /proc/PID/stat (proc(5)): its own threads', and those of the children it has waited for. */
export const parseStat = (text) => {
  // The name may hold blanks and parentheses; the field after it is the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, childUtime, childStime] = fields.slice(11, 15).map(Number);
  return { own: utime + stime, children: childUtime + childStime };
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** CPU seconds of a process, with its finished children's when `children` is set; undefined when it is gone. */
export const processSeconds = (pid, { children = false, proc = '/proc', hertz = ticksPerSecond() } = {}) => {
  const text = read(`${proc}/${pid}/stat`);
  if (text === undefined) return undefined;
  const { own, children: waited } = parseStat(text);
  return (own + (children ? waited : 0)) / hertz;
};

/** Name of the libvirt guest that a command line (/proc/PID/cmdline) runs; undefined for any other program. */
export const guestOf = (cmdline) => {
  const args = cmdline.split('\0');
  const value = args[args.indexOf('-name') + 1];
  return args.includes('-name') ? /^guest=([^,]+)/.exec(value ?? '')?.[1] : undefined;
};

/** A process that is no guest after so many looks is never going to be one: libvirt forks long before it execs. */
const patience = 8;

/** Sums up the CPU seconds of the QEMU processes whose guests have a name that fits. */
export class GuestMeter {
  /** pid -> { name, seconds } */
  #guests = new Map();
  #looks = new Map();
  #fits;
  #o;

  constructor(fits, o = {}) {
    this.#fits = fits;
    this.#o = { proc: '/proc', hertz: ticksPerSecond(), ...o };
  }

  /** Looks for new guests and reads the counters of known ones. */
  sample() {
    const pids = readdirSync(this.#o.proc).filter((entry) => /^\d+$/.test(entry));
    // A number that is free may become a guest's.
    const alive = new Set(pids);
    for (const pid of this.#looks.keys()) if (!alive.has(pid)) this.#looks.delete(pid);
    for (const pid of pids) this.#look(pid);
    this.read();
  }

  /** Reads the counters of the guests that `sample` has found: cheap enough for every line of a log. */
  read() {
    for (const [pid, guest] of this.#guests)
      guest.seconds = Math.max(guest.seconds, processSeconds(pid, this.#o) ?? 0);
  }

  /** CPU seconds so far, of the guests whose name `fits`, or of all. */
  seconds(fits = () => true) {
    let sum = 0;
    for (const { name, seconds } of this.#guests.values()) if (fits(name)) sum += seconds;
    return sum;
  }

  #look(pid) {
    const looks = this.#looks.get(pid) ?? 0;
    if (looks >= patience) return;
    this.#looks.set(pid, looks + 1);
    const name = guestOf(read(`${this.#o.proc}/${pid}/cmdline`) ?? '');
    if (name === undefined || !this.#fits(name) || this.#guests.has(pid)) return;
    this.#guests.set(pid, { name, seconds: 0 });
  }
}
