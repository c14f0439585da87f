import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../build/compile.js';
import { newBuildId } from '../../build/records/workspace.js';
import type { CommandModule } from '../command.js';
import { addPlanOptions, planOptions } from '../plan-options.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  addPlanOptions(yargs).option('out', {
    type: 'string',
    default: '.',
    requiresArg: true,
    describe: 'directory to write to',
  });

export const run: CommandModule['run'] = async (session, args) => {
  const { resolved } = readSpec(String(args.spec));
  const connection = await session.connection();
  const out = String(args.out);
  const { files } = await compile(resolved, connection, {
    id: newBuildId(resolved.appliance.appliance),
    options: { keep: false, force: false, ...planOptions(args) },
  });
  mkdirSync(out, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(out, name);
    // Preseed and plan hold password hashes; a file of an earlier run keeps its mode.
    const mode = name.endsWith('.xml') ? 0o644 : 0o600;
    if (existsSync(path)) chmodSync(path, mode);
    writeFileSync(path, content, { mode });
  }
  const paths = Object.keys(files).map((name) => join(out, name));
  session.print(session.json ? JSON.stringify({ v: 1, files: paths }) : paths.join('\n'));
  return 0;
};
