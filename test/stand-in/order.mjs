// What a stand-in build is asked to do besides building. It travels in the environment, to all processes of vapp.
import { fileURLToPath } from 'node:url';

/** Lines of every stand-in's spec. The key's secret half is gone: nobody logs in to a stand-in. */
export const standInSpec = [
  'appliance: stand-in',
  'os: debian-13',
  'root: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBQFUSUAmquhVnTC48sFo62Yh0RmnhX9MLGllRFnTkvI stand-in] }',
];

const variable = 'VAPP_STAND_IN';
const register = fileURLToPath(new URL('./register.mjs', import.meta.url));

/**
 * `fault`: PLACE:KIND, see docs/faults.md; `pause`: seconds that each guest waits at its places; `fetch`: paths of the
 * archive that the installer fetches through the proxy; `patience`: factor on the time limits of guests; `disk`: an image of
 * an installed system, or, with `finished`, of one with its boot loader, in place of the guests that would make it; `unverified`: without the boot that verifies;
 * `real`: the real installer does the installation, but for the fault.
 */
export const readOrder = () => ({
  fault: 'none',
  pause: 0,
  fetch: [],
  patience: 1,
  ...JSON.parse(process.env[variable] ?? '{}'),
});

/** The environment in which every `node dist/cli/main.js` builds with the stand-in. */
export const standInEnvironment = (order = {}) => ({
  NODE_OPTIONS: [process.env.NODE_OPTIONS, `--import=${register}`].filter(Boolean).join(' '),
  [variable]: JSON.stringify(order),
});
