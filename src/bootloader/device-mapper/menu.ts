import { compareVersions } from '../../archive/version.js';
import type { GrubDefaults } from './defaults.js';

/** What a menu is made of. */
export interface MenuFacts {
  rootUuid: string;
  /** Of the file system with the kernels. */
  bootUuid: string;
  /** Where it has them: `/boot`, or nothing for a file system of its own. */
  bootPath: '' | '/boot';
  /** Names in /boot. */
  files: readonly string[];
  defaults: GrubDefaults;
}

const kernelName = /^vmlinuz-([\w.+~-]+)$/;

/** Versions of the kernels, newest first, as Debian compares them. */
export const kernelVersions = (files: readonly string[]): string[] =>
  files
    .flatMap((name) => kernelName.exec(name)?.[1] ?? [])
    .sort(compareVersions)
    .reverse();

/** A grub.cfg with an entry for each kernel; undefined when there is none. */
export function menuText(facts: MenuFacts): string | undefined {
  const versions = kernelVersions(facts.files);
  if (versions.length === 0) return undefined;
  return [
    '# Written from outside by vapp; update-grub in the running system makes another.',
    'set default=0',
    `set timeout=${/^\d+$/.test(facts.defaults.GRUB_TIMEOUT ?? '') ? facts.defaults.GRUB_TIMEOUT : 5}`,
    ...terminal(facts.defaults),
    ...versions.flatMap((version) => entry(version, facts)),
    '',
  ].join('\n');
}

function terminal({ GRUB_TERMINAL: names, GRUB_SERIAL_COMMAND: serial }: GrubDefaults): string[] {
  if (!names) return [];
  const lines = names.split(' ').includes('serial') ? [serial || 'serial'] : [];
  return [...lines, `terminal_input ${names}`, `terminal_output ${names}`];
}

function entry(version: string, facts: MenuFacts): string[] {
  const { rootUuid, bootUuid, bootPath, files, defaults } = facts;
  const { GRUB_CMDLINE_LINUX: always, GRUB_CMDLINE_LINUX_DEFAULT: normally } = defaults;
  const words = [`root=UUID=${rootUuid}`, 'ro', always, normally].filter(Boolean).join(' ');
  const initrd = `initrd.img-${version}`;
  return [
    `menuentry 'Linux ${version}' {`,
    `  search --no-floppy --fs-uuid --set=root ${bootUuid}`,
    `  linux ${bootPath}/vmlinuz-${version} ${words}`,
    ...(files.includes(initrd) ? [`  initrd ${bootPath}/${initrd}`] : []),
    '}',
  ];
}

/** Whether the first kernel that a grub.cfg loads is there, with this root file system: then it is better than ours. */
export function menuFits(text: string, { rootUuid, bootPath, files }: MenuFacts): boolean {
  const [, path, words] = /^[ \t]*linux[ \t]+(\S+)[ \t]+(.*)$/m.exec(text) ?? [];
  if (path === undefined || words === undefined) return false;
  const name = path.startsWith(`${bootPath}/`) ? path.slice(bootPath.length + 1) : '';
  return files.includes(name) && words.split(/\s+/).includes(`root=UUID=${rootUuid}`);
}
