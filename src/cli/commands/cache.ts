import { type CacheEntry, type CacheKind, cacheEntries } from '../../build/cache/entries.js';
import { defaultAge, type PruneRules, pruneCache } from '../../build/cache/prune.js';
import { VappError } from '../../errors.js';
import { cacheDirectory } from '../../paths.js';
import { bytes } from '../../report/format.js';
import type { CommandModule } from '../command.js';
import type { Session } from '../session.js';
import { table } from '../table.js';
import { durationOption, sizeOption } from '../units.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .positional('action', { choices: ['prune'] as const, describe: 'remove what the options below name' })
    .option('older-than', {
      type: 'string',
      requiresArg: true,
      describe:
        'prune: what was not used for so long, such as 12h, 30d or 0s; 30d unless --keep-size is given',
    })
    .option('keep-size', {
      type: 'string',
      requiresArg: true,
      describe: 'prune: the least recently used, until so much is left, such as 5GiB',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'prune: only say what would be removed',
    });

export const run: CommandModule['run'] = async (session, args) => {
  if (args.action === 'prune') await prune(session, rulesOf(args), Boolean(args.dryRun));
  else await show(session, args);
  return 0;
};

/** In the order of the table. */
const titles: Readonly<Record<CacheKind, string>> = {
  packages: 'packages and indexes',
  repacked: 'repacked packages',
  kits: 'installer kits',
  finishers: 'finisher initrds',
  bases: 'base systems',
  trees: 'unpacked packages',
  partial: 'partial downloads',
  temporary: 'temporary files',
  records: 'records',
  other: 'other',
};

interface Row {
  kind: CacheKind;
  entries: number;
  bytes: number;
  used: Date;
}

async function show(session: Session, args: Record<string, unknown>): Promise<void> {
  const rule = ['older-than', 'keep-size', 'dry-run'].find((name) => args[name]);
  if (rule) {
    throw new VappError('VAPP_USAGE', `--${rule} is for pruning`, { hint: `vapp cache prune --${rule} …` });
  }
  const directory = cacheDirectory();
  const rows = rowsOf(await cacheEntries(directory));
  if (session.json) session.print(JSON.stringify({ v: 1, directory, kinds: rows }));
  else session.print(rows.length > 0 ? overview(directory, rows) : `${directory} is empty`);
}

function rowsOf(entries: readonly CacheEntry[]): Row[] {
  return (Object.keys(titles) as CacheKind[]).flatMap((kind) => {
    const own = entries.filter((entry) => entry.kind === kind);
    if (own.length === 0) return [];
    const used = new Date(Math.max(...own.map((entry) => entry.used.getTime())));
    return [{ kind, entries: own.length, bytes: total(own), used }];
  });
}

const total = (entries: readonly { bytes: number }[]): number =>
  entries.reduce((sum, entry) => sum + entry.bytes, 0);

function overview(directory: string, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    titles[row.kind],
    String(row.entries),
    bytes(row.bytes),
    row.used.toISOString().slice(0, 16),
  ]);
  return `${table(['WHAT', 'COUNT', 'SIZE', 'LAST USED'], cells)}\n${bytes(total(rows))} in ${directory}`;
}

function rulesOf(args: Record<string, unknown>): PruneRules {
  const keepSize = sizeOption('keep-size', args.keepSize);
  const olderThan = durationOption('older-than', args.olderThan);
  if (keepSize === undefined) return { olderThan: olderThan ?? defaultAge };
  return { keepSize, ...(olderThan !== undefined && { olderThan }) };
}

async function prune(session: Session, rules: PruneRules, dryRun: boolean): Promise<void> {
  const directory = cacheDirectory();
  const { removed, kept } = await pruneCache(directory, rules, { dryRun });
  if (session.json) {
    const [freed, left] = [total(removed), total(kept)];
    session.print(JSON.stringify({ v: 1, directory, dryRun, removed, freed, left }));
    return;
  }
  const verb = dryRun ? 'would remove' : 'removed';
  for (const row of rowsOf(removed))
    session.print(`${verb} ${titles[row.kind]}: ${row.entries}, ${bytes(row.bytes)}`);
  if (removed.length === 0) session.print('nothing to remove');
  session.print(`${bytes(total(kept))} ${dryRun ? 'would be' : 'are'} left in ${directory}`);
}
