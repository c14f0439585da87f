#!/usr/bin/env node
// Writes the pages of docs/ that are made from tables in the code. Needs `npm run build`.
import { writeFileSync } from 'node:fs';
import { specManual } from '../dist/spec/index.js';

writeFileSync(new URL('../docs/spec.md', import.meta.url), specManual());
