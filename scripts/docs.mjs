#!/usr/bin/env node
// Writes the pages of docs/ that are made from the code; with --check only says which are out of date (exit status 1). Needs `npm run build`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { VappError } from '../dist/errors.js';
import { exitStatus, exitStatuses } from '../dist/report/index.js';
import { specManual } from '../dist/spec/index.js';
import { errorsPage } from './errors-page.mjs';

const root = new URL('..', import.meta.url);
const sources = readdirSync(new URL('src', root), { recursive: true })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => [path, readFileSync(new URL(`src/${path}`, root), 'utf8')]);

const pages = {
  'docs/spec.md': specManual(),
  'docs/errors.md': errorsPage(sources, exitStatuses, (code) => exitStatus(new VappError(code, ''))),
};

const current = (path) => {
  try {
    return readFileSync(new URL(path, root), 'utf8');
  } catch {
    return undefined;
  }
};

for (const [path, text] of Object.entries(pages)) {
  if (current(path) === text) continue;
  if (process.argv.includes('--check')) {
    process.exitCode = 1;
    console.error(`${path} is out of date: node scripts/docs.mjs`);
  } else writeFileSync(new URL(path, root), text);
}
