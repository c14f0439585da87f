// One build with the stand-in: node test/stand-in/build.mjs --connect URI [--hypervisor ENGINE] [--name NAME] [--size SIZE]
//   [--fault PLACE:KIND] [--pause SECONDS] [--patience FACTOR] [--fetch PATH]… [further options of vapp build]
// It is vapp build itself, so that output, signals and exit status are its own. Needs npm run build.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { standInEnvironment, standInSpec } from './order.mjs';

const own = {
  hypervisor: { type: 'string' },
  size: { type: 'string', default: '2GiB' },
  mirror: { type: 'string' },
  fault: { type: 'string', default: 'none' },
  pause: { type: 'string', default: '0' },
  patience: { type: 'string', default: '1' },
  disk: { type: 'string' },
  fetch: { type: 'string', multiple: true, default: [] },
};

/** Options that are not ours go to vapp as they are. */
function split(args) {
  const { values, tokens } = parseArgs({ args, options: own, strict: false, tokens: true });
  const taken = new Set();
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(own, token.name)) continue;
    taken.add(token.index);
    if (!token.inlineValue) taken.add(token.index + 1);
  }
  return { values, rest: args.filter((_, index) => !taken.has(index)) };
}

function spec({ hypervisor, size, mirror }) {
  const lines = [...standInSpec, `disk: { size: ${size} }`];
  if (hypervisor) lines.push(`hypervisor: ${hypervisor}`);
  if (mirror) lines.push(`mirror: ${mirror}`);
  return `${lines.join('\n')}\n`;
}

const { values, rest } = split(process.argv.slice(2));
const scratch = mkdtempSync(join(tmpdir(), 'vapp-stand-in-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const file = join(scratch, 'stand-in.yaml');
writeFileSync(file, spec(values));

const { fault, pause, patience, fetch, disk } = values;
const shortcut = disk ? { disk, finished: true, unverified: true } : {};
Object.assign(
  process.env,
  standInEnvironment({ fault, pause: Number(pause), patience: Number(patience), fetch, ...shortcut }),
);
register('./hooks.mjs', import.meta.url);
process.argv.splice(2, Infinity, 'build', file, ...rest);
await import('../../dist/cli/main.js');
