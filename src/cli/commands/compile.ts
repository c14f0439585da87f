import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../build/compile.js';
import { newBuildId } from '../../build/workspace.js';
import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .option('out', { type: 'string', default: '.', requiresArg: true, describe: 'directory to write to' })
    .option('name', { type: 'string', requiresArg: true, describe: 'name of the template' })
    .option('pool', { type: 'string', requiresArg: true, describe: 'storage pool' })
    .option('network', { type: 'string', requiresArg: true, describe: 'libvirt network, or bridge:NAME' })
    .option('domain-template', {
      type: 'string',
      requiresArg: true,
      describe: 'domain XML to use instead of vapp’s',
    });

export const run: CommandModule['run'] = async (session, args) => {
  const resolved = readSpec(String(args.spec));
  const connection = await session.connection();
  const out = String(args.out);
  const { files } = await compile(resolved, connection, {
    id: newBuildId(resolved.appliance.appliance),
    options: { keep: false, force: false, ...pick(args, ['name', 'pool', 'network', 'domainTemplate']) },
  });
  mkdirSync(out, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    // The preseed holds password hashes.
    writeFileSync(join(out, name), content, { mode: name === 'preseed.cfg' ? 0o600 : 0o644 });
  }
  const paths = Object.keys(files).map((name) => join(out, name));
  session.print(session.json ? JSON.stringify({ v: 1, files: paths }) : paths.join('\n'));
  return 0;
};

/** The named string options that were given. */
export function pick<K extends string>(
  args: Record<string, unknown>,
  names: readonly K[],
): Partial<Record<K, string>> {
  return Object.fromEntries(
    names.flatMap((name) => (args[name] === undefined ? [] : [[name, String(args[name])]])),
  ) as Partial<Record<K, string>>;
}
