import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

// An empty or relative value counts as unset: XDG Base Directory Specification 0.8.
const xdg = (env: Env, name: string, fallback: string): string => {
  const value = env[name];
  return value?.startsWith('/') ? value : join(env.HOME || homedir(), fallback);
};

/** Downloads, kits and repacked packages; safe to delete when no build runs. */
export const cacheDirectory = (env: Env = process.env): string =>
  join(xdg(env, 'XDG_CACHE_HOME', '.cache'), 'vapp');

/** Build directories (`builds/<id>`) and remembered host facts. */
export const stateDirectory = (env: Env = process.env): string =>
  join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'vapp');
