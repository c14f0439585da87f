/** What the booted system says of itself. */
export interface SystemReport {
  /** Output of systemctl(1) `is-system-running`: `running`, `degraded`, … */
  state: string;
  /** Names of the failed units. */
  failed: string[];
}

/** The prefix of the answer's line. */
const prefix = 'VAPP1 ';

// Type=exec: the start job is over at once, so that the unit is no part of what `is-system-running --wait` waits for.
// The line is said three times: agetty hangs the terminal up when it starts, and what another has just written is lost.
const unitOf = (terminal: string): string => `[Unit]
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

// Else systemd gives a device 90 s to show up (DefaultDeviceTimeoutSec, systemd-system.conf(5)), which a host with too much to do
// can miss: no login prompt comes then, though all is well. How long a boot may take is for the caller to say.
const patient = `[Unit]
JobRunningTimeoutSec=infinity
`;

const deviceUnit = (terminal: string): string => `${terminal.slice(1).replaceAll('/', '-')}.device`;

/**
 * Credentials (systemd.system-credentials(7), systemd-debug-generator(8), systemd >= 256) that make a booting system
 * say its state on its console, the terminal given. They need no password and leave nothing on the disk: the unit exists in /run only.
 * Each is one SMBIOS type 11 string, `io.systemd.credential:NAME=VALUE`; values hold newlines, so that
 * `io.systemd.credential.binary:NAME=BASE64` suits better.
 */
export const verifyCredentials = (terminal: string): Record<string, string> => ({
  'systemd.extra-unit.vapp-verify.service': unitOf(terminal),
  'systemd.unit-dropin.multi-user.target': dropIn,
  [`systemd.unit-dropin.${deviceUnit(terminal)}`]: patient,
});

/** The same credentials as arguments of the kernel (systemd.system-credentials(7)), for a guest that gets no SMBIOS strings. */
export const kernelArgumentsFor = (credentials: Readonly<Record<string, string>>): string[] =>
  Object.entries(credentials).map(
    ([name, value]) => `systemd.set_credential_binary=${name}:${Buffer.from(value).toString('base64')}`,
  );

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
