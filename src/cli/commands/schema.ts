import { jsonSchema } from '../../spec/index.js';
import type { CommandModule } from '../command.js';

export const run: CommandModule['run'] = async (session) => {
  session.print(JSON.stringify(jsonSchema(), null, 2));
  return 0;
};
