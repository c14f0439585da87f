import { VappError } from '../errors.js';

const row = (status: number, meaning: string, ...names: string[]) =>
  names.map((name) => ({ prefix: `VAPP_${name}`, status, meaning }));

/** Exit status by the beginning of an error's code; the longest one that fits counts. docs/errors.md shows it. */
export const exitStatuses: readonly { prefix: string; status: number; meaning: string }[] = [
  ...row(
    2,
    'the spec or the command line is wrong',
    'SPEC_',
    'USAGE',
    'PRESEED_',
    'BUILD_UNKNOWN',
    'TEMPLATE_',
    'VERIFY_TARGET',
    'RESUME_SPEC',
    'PLAN_NAME',
    'DOMAIN_TEMPLATE',
  ),
  ...row(
    3,
    'the host is not ready',
    'HOST_',
    'PLAN_',
    'LIBVIRT_',
    'DOMAIN_',
    'CACHE_',
    'ARCHIVE_CACHE',
    'BUILD_STORAGE',
    'BUILD_NEWER',
  ),
  ...row(4, 'a package archive or the network failed', 'ARCHIVE_', 'PROXY_'),
  ...row(5, 'the installer failed or asked a question', 'INSTALLER_'),
  ...row(6, 'the boot loader or the finishing of the system failed; the disk would not boot', 'BOOTLOADER_'),
  ...row(7, 'the appliance did not pass its check', 'VERIFY_'),
  ...row(8, 'the name is taken', 'NAME_TAKEN', 'NAME_BUILDING'),
  ...row(
    9,
    'the build has ended already, or its process is gone',
    'BUILD_ENDED',
    'BUILD_DEAD',
    'RESUME_NOTHING',
  ),
  ...row(
    10,
    'something else ended a guest of the build, changed or deleted its volume, or stopped its network',
    'BUILD_GUEST',
    'BUILD_NETWORK',
    'BUILD_VOLUME',
    'RESUME_DISK',
  ),
  ...row(129, 'ended by SIGHUP', 'CANCELLED_SIGHUP'),
  ...row(130, 'interrupted from the keyboard (SIGINT)', 'CANCELLED'),
  ...row(143, 'ended by SIGTERM or vapp cancel', 'CANCELLED_SIGTERM', 'CANCELLED_COMMAND'),
];

/** The status for `process.exitCode`: of the error itself, else of the first known cause, else 1. */
export const exitStatus = (error: unknown): number => {
  let link = error;
  for (let depth = 0; link !== undefined && depth < 10; depth++) {
    const status = link instanceof VappError ? statusOfCode(link.code) : undefined;
    if (status !== undefined) return status;
    link = link instanceof Error ? link.cause : undefined;
  }
  return 1;
};

const statusOfCode = (code: string): number | undefined =>
  exitStatuses
    .filter(({ prefix }) => code.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0]?.status;
