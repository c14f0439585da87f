import { readFile } from '../files/tree.js';
import { examine, type Findings, noFindings } from './findings.js';
import { type MenuEntry, readMenu } from './menu.js';
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

/** The volume of a UUID, or where the menu itself is; undefined when that is a finding. */
function targetOf(
  findings: Findings,
  { volumes, home }: Context,
  uuid: string | undefined,
  who: string,
): FoundVolume | undefined {
  if (uuid === undefined) return home;
  const found = byUuid(volumes, uuid);
  if (found) return found;
  if (mayHide(volumes))
    findings.notes.push(`The file system ${uuid}, which ${who} searches for, is not in sight.`);
  else findings.problems.push(`${who} searches for the file system ${uuid}, which is not on this disk.`);
  return undefined;
}

async function checkEntries(check: MenuCheck, o: Context & { entries: MenuEntry[] }): Promise<void> {
  for (const [index, entry] of o.entries.entries()) {
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

/** Names of devices that the kernel may give in another order, or that only existed where GRUB was installed. */
function checkRoot(
  findings: Findings,
  { who, volumes, root }: { who: string; volumes: readonly FoundVolume[]; root: string | undefined },
): void {
  if (root === undefined || root.includes('$')) return;
  const [, kind, value = ''] = /^(UUID|PARTUUID|LABEL|PARTLABEL)=(.*)$/.exec(root) ?? [];
  const fits: Record<string, (volume: FoundVolume) => boolean> = {
    UUID: ({ content }) => content.uuid?.toLowerCase() === value.toLowerCase(),
    LABEL: ({ content }) => content.label === value,
    PARTUUID: ({ partition }) => partition?.uuid === value.toLowerCase(),
    PARTLABEL: ({ partition }) => partition?.name === value,
  };
  if (kind) {
    if (volumes.some(fits[kind]!)) return;
    const sentence = `${who} has root=${root}, which is not on this disk.`;
    (mayHide(volumes) ? findings.notes : findings.problems).push(sentence);
  } else if (/^\/dev\/(mapper\/hd[a-z]+\d+|loop\d+p?\d*|dm-\d+)$/.test(root))
    findings.problems.push(`${who} has root=${root}, which exists only where GRUB was installed.`);
  else if (root.startsWith('/dev/') && !root.startsWith('/dev/mapper/'))
    findings.notes.push(`${who} has root=${root}: a name that may be another elsewhere.`);
}
