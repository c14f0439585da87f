/**
 * Node calls parts of its own interface experimental, among them Web Crypto's Ed25519, by which signatures of the archive are
 * verified. No user can act on that, and it would break the display. All other warnings are shown as before.
 */
export function hideExperimentalWarnings(): void {
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') for (const show of others) show.call(process, warning);
  });
}
