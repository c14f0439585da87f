/** What the booted system said of itself. */
export interface SystemReport {
  /** Output of `systemctl is-system-running`: `running`, `degraded`, … */
  state: string;
  /** Names of failed units. */
  failed: string[];
}
