import type { Appliance, OwnFile } from '../spec/appliance.js';
import type { InitrdPart } from './initrd.js';
import { quote } from './shell.js';

const sudoOf = ({ sudo, passwordHash }: Appliance['users'][number]): string => {
  if (!sudo) return '';
  // Without a password there is nothing that sudo could ask for.
  return passwordHash ? 'group' : 'free';
};

const call = (verb: string, ...words: string[]): string => [verb, ...words.map(quote)].join(' ');

const keys = (name: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? [call('vapp_keys', name, ...lines)] : [];

/** The files of an appliance as parts of an initrd, where the script of applianceScript finds them. */
export const fileParts = (files: readonly OwnFile[]): InitrdPart[] =>
  files.map(({ source }, index) => ({ file: source, path: `vapp/files/${index + 1}`, permissions: 0o600 }));

/**
 * The shell script for what the installer has no questions for: users, keys, sudo, files, run lines; sourced by the hook
 * finish-appliance, whose verbs it calls. Root's password is the preseed's. Whatever the spec's texts hold, each is
 * one quoted word. The verbs log `VAPP user NAME`, `VAPP file N`, `VAPP run N` (from 1), and `VAPP failed run N STATUS`.
 */
export const applianceScript = (appliance: Pick<Appliance, 'root' | 'users' | 'files' | 'run'>): string => {
  const lines = [
    ...keys('root', appliance.root.sshKeys),
    ...appliance.users.flatMap((user) => [
      call('vapp_user', user.name, user.passwordHash ?? '', sudoOf(user)),
      ...keys(user.name, user.sshKeys),
    ]),
    ...appliance.files.map(({ path, mode }, index) => call('vapp_file', String(index + 1), path, mode)),
    ...appliance.run.map((command, index) => call('vapp_run', String(index + 1), command)),
  ];
  return lines.map((line) => `${line}\n`).join('');
};
