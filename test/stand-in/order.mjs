// What a stand-in build is asked to do besides building. It travels in the environment, to all processes of vapp.
import { fileURLToPath } from 'node:url';

const variable = 'VAPP_STAND_IN';
const register = fileURLToPath(new URL('./register.mjs', import.meta.url));

/**
 * `fault`: PLACE:KIND, see docs/faults.md; `pause`: seconds that each guest waits at its places; `fetch`: paths of the
 * archive that the installer fetches through the proxy; `patience`: factor on the time limits of guests.
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
