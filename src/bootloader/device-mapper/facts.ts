import { VappError } from '../../errors.js';
import { type GrubDefaults, readDefaults } from './defaults.js';
import type { HostJob } from './job.js';
import { type MenuFacts, menuFits, menuText } from './menu.js';
import type { Run } from './run.js';

/** Looks at plain files only, each by its own name: the image's links stay unread. */
const plainFiles = async (run: Run, ...words: string[]): Promise<string[]> => {
  const text = await run(['find', ...words, '-maxdepth', '1', '-type', 'f', '-print0']).catch(() => '');
  return text.split('\0').filter(Boolean).sort();
};

async function defaultsOf(run: Run, target: string): Promise<GrubDefaults> {
  const etc = `${target}/etc/default`;
  const files = [
    ...(await plainFiles(run, `${etc}/grub`)),
    ...(await plainFiles(run, `${etc}/grub.d`)).filter((path) => path.endsWith('.cfg')),
  ];
  const texts: string[] = [];
  for (const file of files) texts.push(await run(['cat', file]));
  return readDefaults(texts);
}

/**
 * The menu for what lies in the image's /boot, without running anything of it; undefined when the one that is there fits.
 * @param run runs in the namespace in which the image is mounted at `target`
 * @throws VAPP_BOOTLOADER_NO_KERNEL
 */
export async function menuFor(run: Run, job: HostJob, target: string): Promise<string | undefined> {
  const files = await plainFiles(run, `${target}/boot`);
  const facts: MenuFacts = {
    rootUuid: job.root.uuid,
    bootUuid: (job.boot ?? job.root).uuid,
    bootPath: job.boot ? '' : '/boot',
    files: files.map((path) => path.slice(`${target}/boot/`.length)),
    defaults: await defaultsOf(run, target),
  };
  const [menu] = await plainFiles(run, `${target}/boot/grub/grub.cfg`);
  if (menu !== undefined && job.updateGrub === 'never') return undefined;
  if (menu !== undefined && menuFits(await run(['cat', menu]), facts)) return undefined;
  return menuText(facts) ?? noKernel();
}

function noKernel(): never {
  throw new VappError('VAPP_BOOTLOADER_NO_KERNEL', 'the image has no kernel to make a menu for', {
    why: 'its /boot has no file vmlinuz-VERSION',
    hint: 'install a kernel in the image first',
  });
}
