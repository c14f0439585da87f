import { VappError } from '../../errors.js';
// File by file: the room's index also brings in the log library.
import { exitStatus } from '../../report/exit-status.js';
import { cleanLine } from '../../report/untrusted.js';
import { checkDisk } from '../../verify/index.js';
import type { CommandModule } from '../command.js';
import { openTarget } from '../disk-target.js';
import { diskText } from '../disk-text.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .positional('target', {
      type: 'string',
      describe: 'a raw or qcow2 file, POOL/VOLUME, or a domain (its first disk)',
    })
    .option('check', {
      type: 'boolean',
      default: false,
      describe: 'only look: nothing is started or changed',
    });

/** The status of a disk that would not boot, or of which that cannot be said. */
const notBootable = exitStatus(new VappError('VAPP_BOOTLOADER_CHECK', 'the disk would not boot'));

export const run: CommandModule['run'] = async (session, args) => {
  if (!args.check) {
    throw new VappError('VAPP_USAGE', 'grub needs --check', {
      why: 'vapp cannot put GRUB on a disk yet that it did not build; it can say what is there',
      hint: `vapp grub --check ${args.target}`,
    });
  }
  await using target = await openTarget(String(args.target), () => session.connection());
  const report = await checkDisk(target.disk);
  const { name, format, notes } = target;
  session.print(
    session.json
      ? JSON.stringify({ v: 1, target: name, format, notes, ...report }, (_, value) =>
          typeof value === 'string' ? cleanLine(value) : value,
        )
      : diskText({ name, format, notes }, report),
  );
  return report.bootable === 'yes' ? 0 : notBootable;
};
