import { VappError } from '../../errors.js';
// File by file: the room's index also brings in the log library.
import { exitStatus } from '../../report/exit-status.js';
import { cleanLine } from '../../report/untrusted.js';
import { checkDisk } from '../../verify/index.js';
import type { CommandModule } from '../command.js';
import { openTarget } from '../disk-target.js';
import { diskText } from '../disk-text.js';
import type { Session } from '../session.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .positional('target', {
      type: 'string',
      describe: 'a raw or qcow2 file, POOL/VOLUME, or a domain that is shut off (its first disk)',
    })
    .option('check', {
      type: 'boolean',
      default: false,
      describe: 'only look whether it would boot: nothing is started or changed',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'print each step that would be done' })
    .option('firmware', {
      choices: ['bios', 'uefi', 'both'] as const,
      describe: 'by default what the partition table has room for',
    })
    .option('root', {
      type: 'string',
      requiresArg: true,
      describe: 'number of the partition with the system, or VG/LV; by default the only one',
    })
    .option('update-grub', {
      choices: ['auto', 'never'] as const,
      default: 'auto',
      describe: 'never: run nothing of the image; keep its menu, or write one',
    })
    .option('backup', {
      type: 'string',
      requiresArg: true,
      describe: 'file for what will be overwritten; by default one in the state directory',
    })
    .option('restore', { type: 'string', requiresArg: true, describe: 'put a backup back onto TARGET' })
    .option('mapper', {
      choices: ['guest', 'device-mapper'] as const,
      default: 'guest',
      describe:
        'device-mapper: on this host, as root, with losetup, dmsetup, kpartx and its own grub-install',
    })
    .option('trust-image', {
      type: 'boolean',
      default: false,
      describe: 'with device-mapper: run the image’s own update-grub as root of this host',
    })
    .option('verbose', { type: 'boolean', default: false, describe: 'with device-mapper: show each command' })
    .option('pool', {
      type: 'string',
      requiresArg: true,
      describe: 'storage pool for the files of the guest',
    });

export const run: CommandModule['run'] = async (session, args) => {
  refuseMixture(args);
  if (args.check) return await check(session, String(args.target));
  const { restore, install } = await import('../grub-run.js');
  return args.restore === undefined ? await install(session, args) : await restore(session, args);
};

/** `--check` and `--restore` are other jobs than to install. */
function refuseMixture(args: Record<string, unknown>): void {
  const installing = ['dryRun', 'firmware', 'root', 'backup'].filter((name) => args[name]);
  const jobs = [args.check && '--check', args.restore !== undefined && '--restore'].filter(Boolean);
  if (jobs.length + Math.min(1, installing.length) <= 1) return;
  throw new VappError('VAPP_USAGE', `grub cannot do all of that at once`, {
    why: `${jobs.join(' and ')} ${jobs.length > 1 ? 'exclude each other' : 'takes no option of an installation'}`,
    hint: 'vapp grub --help',
  });
}

/** The status of a disk that would not boot, or of which that cannot be said. */
const notBootable = exitStatus(new VappError('VAPP_BOOTLOADER_CHECK', 'the disk would not boot'));

async function check(session: Session, text: string): Promise<number> {
  await using target = await openTarget(text, () => session.connection());
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
}
