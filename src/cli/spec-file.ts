import { readFileSync } from 'node:fs';
import { VappError } from '../errors.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { gatherSpecHost, parseSpec } from '../spec/index.js';

/** Reads and resolves a spec file with the facts of this host. Throws VAPP_SPEC_FILE when it cannot be read, else what parseSpec throws. */
export function readSpec(file: string): { text: string; resolved: ResolvedSpec } {
  const text = readText(file);
  return { text, resolved: parseSpec(file, text, gatherSpecHost(process.env)) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new VappError('VAPP_SPEC_FILE', `cannot read the spec ${file}`, {
      why:
        code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : String(code),
      hint: code === 'ENOENT' ? `printf 'appliance: web\\nos: debian-13\\n' > ${file}` : `ls -l ${file}`,
      cause,
    });
  }
}
