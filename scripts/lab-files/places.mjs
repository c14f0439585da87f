// Directories that belong to a process: their names tell whose they are, so that what a killed one leaves can be told from
// what a living one is at work on.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processIdentity } from '../../dist/build/records/process-identity.js';

const pattern = /^\.(\w+)\.(\d+)\.(\d+)\.([\w-]+)$/;

const entries = (parent) => {
  try {
    return readdirSync(parent);
  } catch {
    return [];
  }
};

/** Makes parent/.PURPOSE.PID.START.BOOT for this process, which must not have it yet. */
export const claim = (parent, purpose) => {
  const { started, boot } = processIdentity();
  const path = join(parent, `.${purpose}.${process.pid}.${started}.${boot}`);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  mkdirSync(path, { mode: 0o700 });
  return path;
};

/** All claimed directories below `parent`: { path, purpose, pid, alive }. */
export const claims = (parent) =>
  entries(parent).flatMap((name) => {
    const match = pattern.exec(name);
    if (!match) return [];
    const [, purpose, pid, started, boot] = match;
    const owner = { pid: Number(pid), started, boot };
    return [{ path: join(parent, name), purpose, pid: owner.pid, alive: isAlive(owner) }];
  });

/** Removes a directory; a kill in the middle leaves it under a name that `claims` lists, not half of it under its own. */
export const remove = (path, parent) => {
  const grave = claim(parent, 'removed');
  renameSync(path, join(grave, 'content'));
  rmSync(grave, { recursive: true, force: true });
};

/** { pid, started, boot } of a living process, else undefined. */
export const identify = (pid) => {
  try {
    return { pid, ...processIdentity(pid) };
  } catch {
    return undefined;
  }
};
