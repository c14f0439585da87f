/** A menu entry of a grub.cfg that loads a kernel. Paths are those of the file system that is GRUB's root at that point. */
export interface MenuEntry {
  title: string;
  /** UUID of the file system that it makes the root of its paths. */
  search?: string;
  kernel: string;
  initrds: string[];
  /** The value of `root=` on the kernel's command line. */
  root?: string;
}

export interface Menu {
  entries: MenuEntry[];
  /** UUID and path that it goes on with: `configfile` of the small grub.cfg on an ESP. */
  next?: { search?: string; path: string };
  /** Entries come from loader/entries (`blscfg`). */
  snippets: boolean;
}

const mostEntries = 1000;

/**
 * Reads what matters of a grub.cfg: which file systems it searches for, and what its entries load. It is a program; what
 * is read is what grub-mkconfig and distributions write, with both arms of an `if` taken. Pure.
 */
export function readMenu(text: string): Menu {
  const menu: Menu = { entries: [], snippets: false };
  let title = '';
  let search: string | undefined;
  let prefix: string | undefined;
  for (const line of text.split('\n')) {
    const [command = '', ...args] = wordsOf(line);
    if (command === 'menuentry' || command === 'submenu') title = args[0] ?? '';
    else if (command === 'search' || command === 'search.fs_uuid') search = searched(command, args) ?? search;
    else if (command === 'set')
      prefix = /^prefix=(?:\(\$\{?root\}?\))?(\/.*)$/.exec(args[0] ?? '')?.[1] ?? prefix;
    else if (command === 'blscfg') menu.snippets = true;
    else if (command === 'configfile' || command === 'normal')
      follow(menu, args[0] ?? '', { prefix, search });
    else if (/^linux(16|efi)?$/.test(command) && menu.entries.length < mostEntries)
      menu.entries.push(entryOf(title, search, args));
    else if (/^initrd(16|efi)?$/.test(command)) menu.entries.at(-1)?.initrds.push(...args.map(withoutDevice));
  }
  return menu;
}

function follow(
  menu: Menu,
  path: string,
  { prefix, search }: { prefix: string | undefined; search: string | undefined },
): void {
  const full = withoutDevice(path).replace(/^\$\{?prefix\}?/, prefix ?? '$prefix');
  if (full.startsWith('/')) menu.next ??= { ...(search && { search }), path: full };
}

function entryOf(title: string, search: string | undefined, [kernel = '', ...args]: string[]): MenuEntry {
  const root = args.find((arg) => arg.startsWith('root='))?.slice('root='.length);
  return {
    title,
    ...(search && { search }),
    kernel: withoutDevice(kernel),
    initrds: [],
    ...(root && { root }),
  };
}

/** Words of a line as GRUB splits them: quotes keep blanks, `#` begins a comment. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map((word) => word.replaceAll(/['"]/g, ''));
}

/** The UUID of `search --fs-uuid … UUID` and of `search.fs_uuid UUID root …`. */
function searched(command: string, args: string[]): string | undefined {
  if (command === 'search.fs_uuid') return args[0];
  if (!args.some((arg) => arg === '--fs-uuid' || arg === '-u')) return undefined;
  return args.findLast((arg) => !arg.startsWith('-'));
}

const withoutDevice = (path: string): string => path.replace(/^\([^)]*\)/, '').replace(/^\$\{?root\}?/, '');
