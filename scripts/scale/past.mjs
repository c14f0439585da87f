// A state directory with builds of the past.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stages = ['prepare', 'install', 'bootloader', 'verify', 'publish'];

/** Entries of a build, of a whole one or of one that failed in its check: each thing made and gone, as in a real journal. */
function* entriesOf(id, failed) {
  const boot = '00000000-0000-0000-0000-000000000000';
  yield { op: 'begin', v: 1, build: id, uri: 'qemu:///system', pid: 1, started: '0', boot, version: '0.1.0' };
  for (const stage of stages) {
    yield { op: 'stage', stage, state: 'start' };
    for (const name of ['kernel', 'initrd', stage]) {
      const resource = { kind: 'volume', pool: 'default', name: `vapp-build-${id}-${name}` };
      yield { op: 'make', resource };
      yield { op: 'gone', resource };
    }
    if (failed && stage === 'verify') {
      yield { op: 'stage', stage, state: 'failed' };
      yield { op: 'end', state: 'failed', code: 'VAPP_VERIFY_BOOT', message: 'it does not boot' };
      return;
    }
    if (stage === 'install')
      yield { op: 'checkpoint', disk: { kind: 'volume', pool: 'default', name: id }, stamp: {} };
    yield { op: 'stage', stage, state: 'done' };
  }
  yield { op: 'end', state: 'done' };
}

/** Every third has failed: whether such a one can be resumed takes its whole journal to tell. */
export function writePast(builds, count) {
  for (let number = 0; number < count; number++) {
    const id = `past-20260101-${number.toString(16).padStart(6, '0')}`;
    mkdirSync(join(builds, id), { recursive: true });
    const at = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
    const text = [...entriesOf(id, number % 3 === 0)]
      .map((entry) => JSON.stringify({ at, ...entry }))
      .join('\n');
    writeFileSync(join(builds, id, 'journal.jsonl'), `${text}\n`);
  }
}
