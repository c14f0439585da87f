import { cloneTemplate } from '../../template/index.js';
import type { CommandModule } from '../command.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs.option('start', { type: 'boolean', default: false, describe: 'start the clone' });

export const run: CommandModule['run'] = async (session, args) => {
  const connection = await session.connection();
  const name = String(args.name);
  await cloneTemplate(connection, { template: String(args.template), name, start: Boolean(args.start) });
  session.print(
    session.json
      ? JSON.stringify({ v: 1, uri: connection.uri, clone: name, started: Boolean(args.start) })
      : `${name} is ${args.start ? 'running' : 'defined'}. → virsh -c ${connection.uri} ${args.start ? 'console' : 'start'} ${name}`,
  );
  return 0;
};
