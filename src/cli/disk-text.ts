import { cleanLine } from '../report/untrusted.js';
import { type Bootable, bootCodeNames, type DiskReport } from '../verify/index.js';
import type { DiskTarget } from './disk-target.js';

/** A report on a disk for people: what there is, what would boot, and why not. Whatever stood on the disk is cleaned. */
export function diskText(target: Pick<DiskTarget, 'name' | 'format' | 'notes'>, report: DiskReport): string {
  const { bios, uefi } = report;
  const facts: [string, string][] = [
    ['disk', `${target.name}: ${target.format}, ${size(report.size)}`],
    ['table', tableText(report)],
    ...report.partitions.map((partition): [string, string] => ['', partitionText(partition)]),
    ...(report.content ? [['', contentText(report.content)] as [string, string]] : []),
    ['sector 0', bootCodeNames[bios.bootCode]],
    ...coreRows(bios.core),
    ...uefi.files.map((file): [string, string] => ['EFI', programText(file)]),
    ...menusOf(report).map((menu): [string, string] => ['menu', menuText(menu)]),
    ['BIOS', verdicts[bios.bootable]],
    ['UEFI', verdicts[uefi.bootable]],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [...facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`), ...findings(target, report)]
    .map(cleanLine)
    .join('\n');
}

/** Problems are marked as such when nothing else starts the disk. */
function findings({ notes }: Pick<DiskTarget, 'notes'>, report: DiskReport): string[] {
  const { bootable, bios, uefi, table, partitions } = report;
  const about = (name: string, text: string): string => `${name}: ${text}`;
  const problems = [
    ...bios.problems.map((text) => about('BIOS', text)),
    ...uefi.problems.map((text) => about('UEFI', text)),
  ];
  return [
    ...problems.map((text) => `${bootable === 'yes' ? '•' : '✖'} ${text}`),
    ...[...notes, ...table.problems, ...partitions.flatMap((one) => one.problems)].map((text) => `• ${text}`),
    ...bios.notes.map((text) => `• ${about('BIOS', text)}`),
    ...uefi.notes.map((text) => `• ${about('UEFI', text)}`),
  ];
}

/** Both firmwares may come to the same menu. */
function menusOf({ bios, uefi }: DiskReport): DiskReport['bios']['menus'] {
  const all = [...bios.menus, ...uefi.menus];
  const keyOf = ({ partition, path }: (typeof all)[number]): string => `${partition} ${path}`;
  return [...new Map(all.map((menu) => [keyOf(menu), menu])).values()];
}

const signatures = { none: 'not signed', present: 'signed', bad: 'its signature is damaged' } as const;

function programText({
  partition,
  path,
  machine,
  signature,
  signers,
}: DiskReport['uefi']['files'][number]): string {
  const by = signers.length > 0 ? ` by ${signers[0]}` : '';
  return `${path}${partition === undefined ? '' : ` on partition ${partition}`}: ${machine}, ${signatures[signature]}${by}`;
}

const verdicts: Readonly<Record<Bootable, string>> = {
  yes: 'would boot',
  no: 'would not boot',
  unknown: 'cannot be said: only GRUB 2 is followed',
};

function tableText({ table: { kind, gpt }, partitions }: DiskReport): string {
  if (kind === 'none') return 'none';
  const count = `${partitions.length} partition${partitions.length === 1 ? '' : 's'}`;
  if (!gpt) return `MBR, ${count}`;
  return `GPT${gpt.hybrid ? ' with a hybrid MBR' : ''}, ${count}; first copy ${gpt.primary}, second ${gpt.backup}`;
}

const typeNames: Readonly<Record<string, string>> = {
  '21686148-6449-6e6f-744e-656564454649': 'BIOS boot',
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b': 'EFI system',
  ef: 'EFI system',
};

function partitionText(partition: DiskReport['partitions'][number]): string {
  const { number, type, active, content } = partition;
  const name = typeNames[type];
  const what = content.type === 'unknown' && name ? [] : [contentText(content)];
  return [`${number}  ${size(partition.size)}`, ...what, name, active && 'active'].filter(Boolean).join(', ');
}

const contentText = ({ type, uuid, label }: DiskReport['partitions'][number]['content']): string =>
  [type, label && `"${label}"`, uuid].filter(Boolean).join(' ');

function coreRows(core: DiskReport['bios']['core']): [string, string][] {
  if (!core) return [];
  const last = Math.max(core.sector, ...core.blocks.map(({ start, sectors }) => start + sectors - 1));
  return [
    [
      'core',
      `whole, in sectors ${core.sector} to ${last}; ${core.size} bytes unpacked: ${core.modules.join(' ')}`,
    ],
    ['prefix', core.prefix ?? 'unknown'],
    ...(core.config ? [['', core.config.trim().replaceAll('\n', '; ')] as [string, string]] : []),
  ];
}

function menuText({ partition, path, entries }: DiskReport['bios']['menus'][number]): string {
  const where = partition === undefined ? path : `${path} on partition ${partition}`;
  const [first] = entries;
  if (!first) return where;
  const count = `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
  return `${where}: ${count}, the first is "${first.title}" (${first.kernel}, root=${first.root ?? '?'})`;
}

/** Bytes in the largest unit that keeps them readable. */
function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}
