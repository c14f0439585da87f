// Some modules of vapp are seen by the others through ours: what the guests are made of, how long they may take, and the
// stages that a build of the fault matrix passes over.
const at = (path) => new URL(path, import.meta.url).href;
const vapp = at('../../dist/');
const ours = new Map([
  [at('../../dist/build/stages/parts.js'), at('./parts.mjs')],
  [at('../../dist/plan/index.js'), at('./plan.mjs')],
  [at('../../dist/build/stages/install.js'), at('./shortcut.mjs')],
  [at('../../dist/build/stages/bootloader.js'), at('./shortcut.mjs')],
  [at('../../dist/build/stages/verify.js'), at('./shortcut.mjs')],
]);

/** As nodejs.org/api/module.html has it for `register`. */
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const url = context.parentURL?.startsWith(vapp) && ours.get(found.url);
  return url ? { ...found, url } : found;
}
