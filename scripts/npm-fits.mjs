// Exit status 0 when node_modules holds exactly what package-lock.json names, so that `npm ci` has nothing to do.
import { readFileSync } from 'node:fs';

const packages = (file) => {
  try {
    return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).packages;
  } catch {
    return {};
  }
};

const wanted = packages('package-lock.json');
// npm writes this file last.
const installed = packages('node_modules/.package-lock.json');
const fits = Object.entries(wanted).every(
  ([path, { version, optional }]) =>
    path === '' || installed[path]?.version === version || (optional && !installed[path]),
);
process.exit(fits && Object.keys(installed).length > 0 ? 0 : 1);
