import { VappError } from '../errors.js';
import type { Appliance } from '../spec/appliance.js';
import { parsePreseedLine } from './line.js';

/** The last raw answer of the spec to a question, with the key path of its line; lines that cannot be read are told elsewhere. */
export function rawAnswer(
  a: Pick<Appliance, 'preseed'>,
  question: string,
): { value: string; from: string } | undefined {
  const lines = a.preseed.flatMap((text, i) => {
    const line = parsePreseedLine(text, `preseed[${i}]`);
    return line instanceof VappError ? [] : [line];
  });
  return lines.findLast((line) => line.question === question && line.type !== 'seen');
}

/** The question whose answer lists packages to install; blanks or commas part them (pkgsel's postinst). */
export const includeQuestion = 'pkgsel/include';

/** The question whose answer is the kernel's package. */
export const kernelQuestion = 'base-installer/kernel/image';

/**
 * Why a raw line cannot do what it says in a build of vapp, and what to write instead; undefined for all others. The
 * archive that the installer sees is cut to named packages, and the base system comes as a tarball.
 */
export function vainLine(line: {
  question: string;
  value: string;
}): { why: string; hint: string } | undefined {
  const tasks =
    (line.question === 'tasksel/first' && line.value !== '') ||
    (line.question === 'pkgsel/run_tasksel' && line.value === 'true');
  if (tasks)
    return {
      why: 'a build does not run tasksel: what a task holds is not named anywhere',
      hint: 'a task is a package: packages: [task-ssh-server]',
    };
  if (line.question === 'base-installer/includes' && line.value !== '')
    return {
      why: 'the base system comes as a tarball, to which debootstrap adds nothing',
      hint: `packages: [${line.value.split(/[\s,]+/).join(', ')}]`,
    };
  return undefined;
}
