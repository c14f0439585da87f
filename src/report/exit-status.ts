import { VappError } from '../errors.js';

/** Exit status by the beginning of an error's code; the longest one that fits counts. docs/errors.md shows it. */
export const exitStatuses: readonly { prefix: string; status: number; meaning: string }[] = [
  { prefix: 'VAPP_SPEC_', status: 2, meaning: 'the spec or the command line is wrong' },
  { prefix: 'VAPP_CLI_', status: 2, meaning: 'the spec or the command line is wrong' },
  { prefix: 'VAPP_PRESEED_', status: 2, meaning: 'the spec or the command line is wrong' },
  { prefix: 'VAPP_HOST_', status: 3, meaning: 'the host is not ready' },
  { prefix: 'VAPP_PLAN_', status: 3, meaning: 'the host is not ready' },
  { prefix: 'VAPP_LIBVIRT_', status: 3, meaning: 'the host is not ready' },
  { prefix: 'VAPP_DOMAIN_', status: 3, meaning: 'the host is not ready' },
  { prefix: 'VAPP_ARCHIVE_', status: 4, meaning: 'a package archive or the network failed' },
  { prefix: 'VAPP_PROXY_', status: 4, meaning: 'a package archive or the network failed' },
  { prefix: 'VAPP_KIT_', status: 4, meaning: 'a package archive or the network failed' },
  { prefix: 'VAPP_INSTALLER_', status: 5, meaning: 'the installer failed or asked a question' },
  { prefix: 'VAPP_BOOTLOADER_', status: 6, meaning: 'the boot loader or the finalisation failed' },
  { prefix: 'VAPP_VERIFY_', status: 7, meaning: 'the appliance did not pass its check' },
  { prefix: 'VAPP_TEMPLATE_EXISTS', status: 8, meaning: 'the name is taken' },
  { prefix: 'VAPP_NAME_TAKEN', status: 8, meaning: 'the name is taken' },
  { prefix: 'VAPP_INTERRUPTED_SIGINT', status: 130, meaning: 'interrupted from the keyboard' },
  { prefix: 'VAPP_INTERRUPTED_SIGTERM', status: 143, meaning: 'told to end by a signal' },
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
