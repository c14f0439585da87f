// What processes hold, from /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processSeconds } from '../measure/process.mjs';

const attempt = (work, otherwise) => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};

/** Inodes of the sockets that a libvirt daemon's clients are connected to: the daemon's end has the path (proc(5), net/unix). */
function libvirtSockets() {
  const lines = attempt(() => readFileSync('/proc/net/unix', 'utf8'), '')
    .split('\n')
    .slice(1);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.filter(([, , , , , , , path]) => path?.includes('libvirt-sock')).map((row) => Number(row[6])),
  );
}

/** Connections of all clients together: sockets that the daemon has accepted, without the one that listens. */
export const libvirtConnections = () => Math.max(0, libvirtSockets().size - listening());

const listening = () =>
  attempt(() => readFileSync('/proc/net/unix', 'utf8'), '')
    .split('\n')
    // Flag 00010000, __SO_ACCEPTCON: it listens.
    .filter((line) => line.includes('libvirt-sock') && line.trim().split(/\s+/)[3] === '00010000').length;

/** Memory in MiB (proportional set size: what is shared counts in parts), descriptors, CPU seconds. */
export function look(pid) {
  const rollup = attempt(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), '');
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`), []);
  return {
    memory: Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024,
    descriptors: descriptors.length,
    sockets: descriptors.filter((fd) =>
      attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '').startsWith('socket:'),
    ).length,
    seconds: processSeconds(pid, { children: true }) ?? 0,
  };
}

/** The highest of each figure that was seen. */
export const highest = (a, b) =>
  Object.fromEntries(Object.keys(b).map((key) => [key, Math.max(a?.[key] ?? 0, b[key])]));
