import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../build/build.js';
import { buildFiles, buildsDirectory, newBuildId } from '../../build/workspace.js';
import type { VappEvent } from '../../events.js';
import { createBuildLog } from '../../report/index.js';
import type { CommandModule } from '../command.js';
import { addPlanOptions, planOptions } from '../plan-options.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  addPlanOptions(yargs)
    .option('force', { type: 'boolean', default: false, describe: 'replace a template of the same name' })
    .option('keep', {
      type: 'boolean',
      default: false,
      describe: 'leave guest and volumes of a failed build to look at; vapp clean removes them',
    });

export const run: CommandModule['run'] = async (session, args) => {
  const { text, resolved } = readSpec(String(args.spec));
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
    const template = await build({
      id,
      resolved,
      specText: text,
      connection,
      options: { keep: Boolean(args.keep), force: Boolean(args.force), ...planOptions(args) },
      emit,
      signal: session.signal,
    });
    await session.endReporting();
    if (!session.json)
      session.print(
        `${template} is a template on ${connection.uri} → vapp clone ${template} ${template}-1 --start`,
      );
    return 0;
  } catch (error) {
    if (existsSync(directory))
      session.afterwards(`everything about this build is in ${directory}`, `→ vapp show ${id}`);
    throw error;
  } finally {
    // A log that could not be written changes nothing about how the build went.
    await log
      ?.close()
      .catch((error: Error) => session.emit({ type: 'warning', text: `${error.message}: ${error.cause}` }));
  }
};
