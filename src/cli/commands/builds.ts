import { listBuilds } from '../../build/workspace.js';
import { version } from '../../version.js';
import type { CommandModule } from '../command.js';
import { table } from '../table.js';

export const run: CommandModule['run'] = async (session) => {
  const builds = listBuilds();
  if (session.json) {
    session.print(JSON.stringify({ v: 1, version, builds: builds.map(({ entries: _, ...build }) => build) }));
    return 0;
  }
  if (builds.length === 0) session.print('There are no builds yet. Start one: vapp build SPEC');
  else {
    session.print(
      table(
        ['BUILD', 'STATE', 'STAGE', 'STARTED', 'URI'],
        builds.map((build) => [
          build.id,
          build.state,
          build.stage ?? '',
          build.started.slice(0, 19),
          build.uri,
        ]),
      ),
    );
  }
  return 0;
};
