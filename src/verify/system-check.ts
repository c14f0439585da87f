/** What the booted system says of itself. */
export interface SystemReport {
  /** Output of systemctl(1) `is-system-running`: `running`, `degraded`, … */
  state: string;
  /** Names of the failed units. */
  failed: string[];
}

/** Terminal of the guest that the answer comes on, and the prefix of its line. */
const terminal = '/dev/ttyS0';
const prefix = 'VAPP1 ';

// Type=exec: the start job is over at once, so that the unit is no part of what `is-system-running --wait` waits for.
// The line is said three times: agetty hangs the terminal up when it starts, and what another has just written is lost.
const unit = `[Unit]
Description=Ask the system for its state, on behalf of vapp

[Service]
Type=exec
ExecStart=/bin/sh -c 'state=$$(systemctl is-system-running --wait); \\
  failed=$$(systemctl list-units --failed --output=json); \\
  for again in 1 2 3; do \\
    printf "\\\\r\\\\n${prefix}{\\\\"t\\\\":\\\\"system\\\\",\\\\"state\\\\":\\\\"%%s\\\\",\\\\"failed\\\\":%%s}\\\\r\\\\n" "$$state" "$$failed" >${terminal}; \\
    sleep 1; \\
  done'
`;

const dropIn = `[Unit]
Wants=vapp-verify.service
`;

/**
 * Credentials (systemd.system-credentials(7), systemd-debug-generator(8), systemd >= 256) that make a booting system
 * say its state on its serial console. They need no password and leave nothing on the disk: the unit exists in /run only.
 * Each is one SMBIOS type 11 string, `io.systemd.credential:NAME=VALUE`; values hold newlines, so that
 * `io.systemd.credential.binary:NAME=BASE64` suits better.
 */
export const verifyCredentials = (): Record<string, string> => ({
  'systemd.extra-unit.vapp-verify.service': unit,
  'systemd.unit-dropin.multi-user.target': dropIn,
});

/** The report in a line of the console, if it is one. */
export function parseVerifyLine(line: string): SystemReport | undefined {
  const at = line.indexOf(`${prefix}{"t":"system"`);
  if (at < 0) return undefined;
  try {
    const { state, failed } = JSON.parse(line.slice(at + prefix.length).trimEnd());
    if (typeof state !== 'string' || !Array.isArray(failed)) return undefined;
    return {
      state,
      failed: failed.map((entry) => (typeof entry === 'string' ? entry : String(entry?.unit))),
    };
  } catch {
    return undefined;
  }
}
