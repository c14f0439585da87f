// Runs a build whose installer is replaced by a copy of a finished disk: node drive-build.mjs SPEC NAME IMAGE.
// So the later stages are reached in seconds. Prints events as JSON lines, ends in order on SIGINT, like `vapp build`.
import { statSync } from 'node:fs';
import { build } from '../../dist/build/build.js';
import { newBuildId } from '../../dist/build/records/workspace.js';
import { readSpec } from '../../dist/cli/spec-file.js';
import { connect } from '../../dist/libvirt/index.js';

const [spec, name, image] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('cancelled by SIGINT')));
const { resolved, text } = readSpec(spec);
const connection = await connect(process.env.VAPP_E2E_URI ?? 'qemu:///system');
try {
  await build({
    id: newBuildId(resolved.appliance.appliance),
    resolved,
    specText: text,
    connection,
    options: { keep: false, force: false, name },
    emit: (event) => void (event.type !== 'line' && process.stdout.write(`${JSON.stringify(event)}\n`)),
    signal: stop.signal,
    stages: {
      install: async (_, prepared) => {
        await prepared.disk.upload(image, { size: statSync(image).size });
      },
    },
  });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
} finally {
  await connection.close();
}
