import { existsSync } from 'node:fs';
import { VappError } from '../errors.js';

/**
 * The compiled entry of a worker thread. Node 20 cannot start a .ts file as a worker, so code that runs from source
 * (tests) uses the one in dist/.
 * @throws VappError VAPP_LIBVIRT_NOT_BUILT when that is missing.
 */
export function workerFile(name: string): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? `../../dist/libvirt/${name}.js` : `./${name}.js`, import.meta.url);
  if (!existsSync(url))
    throw new VappError('VAPP_LIBVIRT_NOT_BUILT', `dist/libvirt/${name}.js is missing`, {
      why: 'worker threads need compiled code',
      hint: 'npm run build',
    });
  return url;
}
