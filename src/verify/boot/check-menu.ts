import { readFile } from '../files/tree.js';
import { checkRoot } from './check-root.js';
import { examine, type Findings, noFindings } from './findings.js';
import { type MenuEntry, readMenu } from './menu.js';
import { partitionNumber } from './prefix.js';
import { byUuid, type FoundVolume, mayHide, nameOf } from './volumes.js';

/** A grub.cfg that was found. */
export interface FoundMenu {
  /** Number of its partition; undefined on a disk without any. */
  partition?: number;
  path: string;
  entries: MenuEntry[];
}

export interface MenuCheck extends Findings {
  menus: FoundMenu[];
}

/** A grub.cfg that leads to another, as on an ESP, may do so once or twice. */
const mostMenus = 3;
const mostChecked = 20;

/**
 * Reads a grub.cfg and checks that what its first entry needs is on the disk: the file system that it searches for, its
 * kernel and initrds, and the root file system. Of the other entries only notes are made.
 */
export async function checkMenu(
  volumes: readonly FoundVolume[],
  home: FoundVolume,
  path: string,
  depth = 0,
): Promise<MenuCheck> {
  const check: MenuCheck = { ...noFindings(), menus: [] };
  const where = `${path} on ${nameOf(home)}`;
  const bytes = await examine(check, `${where} cannot be read`, async () => readFile(home.tree!, path));
  if (check.problems.length > 0) return check;
  if (!bytes) return { ...check, problems: [`There is no ${where}.`] };
  const { entries, next, snippets } = readMenu(bytes.toString('utf8'));
  check.menus.push({ ...(home.partition && { partition: home.partition.number }), path, entries });
  if (entries.length > 0) await checkEntries(check, { volumes, home, where, entries });
  else if (snippets) check.notes.push(`The entries of ${where} come from loader/entries, which is not read.`);
  else if (next && depth < mostMenus) await checkNext(check, { volumes, home, where, next, depth });
  else check.problems.push(`${where} loads no kernel.`);
  return check;
}

interface Context {
  volumes: readonly FoundVolume[];
  home: FoundVolume;
  where: string;
}

async function checkNext(
  check: MenuCheck,
  o: Context & { next: { search?: string; path: string }; depth: number },
): Promise<void> {
  const target = targetOf(check, o, o.next.search, o.where);
  if (!target) return;
  if (!target.tree) {
    check.notes.push(`${o.next.path} on ${nameOf(target)} was not read: ${target.unread}.`);
    return;
  }
  const { problems, notes, menus } = await checkMenu(o.volumes, target, o.next.path, o.depth + 1);
  check.problems.push(...problems);
  check.notes.push(...notes);
  check.menus.push(...menus);
}

/** The volume that is searched for, or that of the menu itself; undefined when that is a finding. */
function targetOf(
  findings: Findings,
  { volumes, home }: Context,
  search: string | undefined,
  who: string,
): FoundVolume | undefined {
  if (search === undefined) return home;
  const number = partitionNumber(search);
  const found =
    number === undefined
      ? byUuid(volumes, search)
      : volumes.find(({ partition }) => partition?.number === number);
  if (found) return found;
  if (!/^[0-9a-f-]+$/i.test(search))
    findings.notes.push(`${who} sets its root by "${search}", which is not followed.`);
  else if (mayHide(volumes))
    findings.notes.push(`The file system ${search}, which ${who} searches for, is not in sight.`);
  else findings.problems.push(`${who} searches for the file system ${search}, which is not on this disk.`);
  return undefined;
}

async function checkEntries(check: MenuCheck, o: Context & { entries: MenuEntry[] }): Promise<void> {
  for (const [index, entry] of o.entries.slice(0, mostChecked).entries()) {
    const findings = noFindings();
    await checkEntry(findings, o, entry);
    // What GRUB starts by itself is the first entry, unless somebody chose another.
    if (index === 0) {
      check.problems.push(...findings.problems);
      check.notes.push(...findings.notes);
    } else check.notes.push(...findings.problems);
  }
}

async function checkEntry(findings: Findings, o: Context, entry: MenuEntry): Promise<void> {
  const who = `The entry "${entry.title}" of ${o.where}`;
  const target = targetOf(findings, o, entry.search, who);
  if (target) await checkFiles(findings, { who, target, entry });
  checkRoot(findings, { who, volumes: o.volumes, root: entry.root });
}

async function checkFiles(
  findings: Findings,
  { who, target, entry }: { who: string; target: FoundVolume; entry: MenuEntry },
): Promise<void> {
  const { tree } = target;
  if (!tree) return;
  for (const path of [entry.kernel, ...entry.initrds]) {
    if (path.includes('$')) continue;
    const file = await examine(findings, `${path} on ${nameOf(target)} cannot be read`, async () => {
      const node = await tree.find(path);
      if (!node) findings.problems.push(`${who} loads ${path}, which is not on ${nameOf(target)}.`);
      return node;
    });
    if (file?.size === 0) findings.problems.push(`${who} loads ${path}, which is empty.`);
  }
}
