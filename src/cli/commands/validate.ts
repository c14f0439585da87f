import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';

export const run: CommandModule['run'] = async (session, args) => {
  const { resolved } = readSpec(String(args.spec));
  const { appliance, os } = resolved.appliance;
  session.print(
    session.json
      ? JSON.stringify({ v: 1, valid: true, file: resolved.file, appliance: resolved.appliance })
      : `${resolved.file}: ${appliance} on ${os} is valid`,
  );
  return 0;
};
