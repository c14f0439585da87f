import { deleteTagged } from '../../template/index.js';
import type { CommandModule } from '../command.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs.option('force', { type: 'boolean', default: false, describe: 'stop it first if it runs' });

export const run: CommandModule['run'] = async (session, args) => {
  const connection = await session.connection();
  const name = String(args.name);
  const kept = await deleteTagged(connection, name, { force: Boolean(args.force) });
  session.print(
    session.json
      ? JSON.stringify({ v: 1, uri: connection.uri, deleted: name, ...(kept && { kept }) })
      : text(name, kept),
  );
  return 0;
};

const text = (name: string, kept: string | undefined): string =>
  kept
    ? `deleted ${name}; its disk ${kept} stays where it is, as there is no such pool`
    : `deleted ${name} and its disk`;
