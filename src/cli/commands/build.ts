import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../build/build.js';
import type { BuildOptions } from '../../build/context.js';
import { buildFiles, buildsDirectory, newBuildId } from '../../build/workspace.js';
import type { VappEvent } from '../../events.js';
import { createBuildLog } from '../../report/index.js';
import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .option('name', { type: 'string', requiresArg: true, describe: 'name of the template' })
    .option('pool', { type: 'string', requiresArg: true, describe: 'storage pool' })
    .option('network', { type: 'string', requiresArg: true, describe: 'libvirt network, or bridge:NAME' })
    .option('domain-template', {
      type: 'string',
      requiresArg: true,
      describe: 'domain XML to use instead of vapp’s',
    })
    .option('force', { type: 'boolean', default: false, describe: 'replace a template of the same name' })
    .option('keep', {
      type: 'boolean',
      default: false,
      describe: 'leave domains and volumes of a failed build',
    });

export const run: CommandModule['run'] = async (session, args) => {
  const file = String(args.spec);
  const resolved = readSpec(file);
  const connection = await session.connection();
  const id = newBuildId(resolved.appliance.appliance);
  const directory = join(buildsDirectory(), id);
  await session.startReporting();
  let log: ReturnType<typeof createBuildLog> | undefined;
  const emit = (event: VappEvent): void => {
    // The build's own directory is there from its first event on.
    log ??= createBuildLog(join(directory, buildFiles.log));
    log.emit(event);
    session.emit(event);
  };
  try {
    await build({
      id,
      resolved,
      specText: readFileSync(file, 'utf8'),
      connection,
      options: buildOptions(args),
      emit,
      signal: session.signal,
    });
    return 0;
  } catch (error) {
    session.afterwards(`everything about this build is in ${directory}`, `→ vapp show ${id}`);
    throw error;
  } finally {
    await log?.close();
  }
};

function buildOptions(args: Record<string, unknown>): BuildOptions {
  const text = (name: string): string | undefined =>
    args[name] === undefined ? undefined : String(args[name]);
  const [name, pool, network, domainTemplate] = ['name', 'pool', 'network', 'domainTemplate'].map(text);
  return {
    keep: Boolean(args.keep),
    force: Boolean(args.force),
    ...(name && { name }),
    ...(pool && { pool }),
    ...(network && { network }),
    ...(domainTemplate && { domainTemplate }),
  };
}
