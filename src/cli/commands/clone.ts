import { makeClone } from '../../build/clone.js';
import { shellWord } from '../../shell-word.js';
import type { CommandModule } from '../command.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs.option('start', { type: 'boolean', default: false, describe: 'start the clone' });

export const run: CommandModule['run'] = async (session, args) => {
  const connection = await session.connection();
  const name = String(args.name);
  const start = Boolean(args.start);
  await makeClone(connection, { template: String(args.template), name, start, signal: session.signal });
  session.print(
    session.json
      ? JSON.stringify({ v: 1, uri: connection.uri, clone: name, started: start })
      : `${name} is ${start ? 'running' : 'defined'}. → virsh -c ${shellWord(connection.uri)} ${start ? 'console' : 'start'} ${name}`,
  );
  return 0;
};
