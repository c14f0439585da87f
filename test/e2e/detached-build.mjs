// Starts a detached build whose installer is replaced by a copy of a finished disk: node detached-build.mjs SPEC NAME IMAGE.
// Prints the build's id at once. The same file is the detached process.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { newBuildId } from '../../dist/build/records/workspace.js';
import { startWorker } from '../../dist/cli/detach.js';
import { serveBuild } from '../../dist/cli/serve-build.js';
import { readSpec } from '../../dist/cli/spec-file.js';
import { portableSpec } from '../../dist/spec/restore.js';

if (process.send) {
  const image = process.env.VAPP_E2E_IMAGE;
  await serveBuild({
    install: async (_, prepared) => {
      await prepared.disk.upload(image, { size: statSync(image).size });
    },
  });
} else {
  const [spec, name, image] = process.argv.slice(2);
  process.env.VAPP_E2E_IMAGE = image;
  const { resolved, text } = readSpec(spec);
  const job = {
    id: newBuildId(resolved.appliance.appliance),
    spec: portableSpec(resolved, text),
    options: { keep: false, force: false, name },
    connect: process.env.VAPP_E2E_URI ?? 'qemu:///system',
  };
  await startWorker(job, new AbortController().signal, fileURLToPath(import.meta.url));
  process.stdout.write(`${job.id}\n`);
}
