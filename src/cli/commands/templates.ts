import { listTagged } from '../../template/index.js';
import type { CommandModule } from '../command.js';
import { table } from '../table.js';

export const run: CommandModule['run'] = async (session) => {
  const connection = await session.connection();
  const tagged = (await listTagged(connection)).filter((domain) => domain.metadata.kind !== 'build');
  if (session.json) {
    session.print(JSON.stringify({ v: 1, uri: connection.uri, templates: tagged }));
    return 0;
  }
  if (tagged.length === 0) session.print(`${connection.uri} has no templates. Make one: vapp build SPEC`);
  else {
    session.print(
      table(
        ['NAME', 'KIND', 'STATE', 'OS', 'BUILD', 'DISK'],
        tagged.map(({ name, state, metadata }) => [
          name,
          metadata.kind,
          state,
          metadata.os,
          metadata.build,
          `${metadata.pool}/${metadata.volume}`,
        ]),
      ),
    );
  }
  return 0;
};
