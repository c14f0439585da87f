/** A menu entry of a grub.cfg that loads a kernel. Paths are those of the file system that is GRUB's root at that point. */
export interface MenuEntry {
  title: string;
  /** What it makes the root of its paths: a UUID, a device such as `hd0,gpt2`, or the words of another kind of search. */
  search?: string;
  kernel: string;
  initrds: string[];
  /** The value of `root=` on the kernel's command line. */
  root?: string;
}

export interface Menu {
  entries: MenuEntry[];
  /** Where it goes on: `configfile` of the small grub.cfg on an ESP. */
  next?: { search?: string; path: string };
  /** Entries come from loader/entries (`blscfg`). */
  snippets: boolean;
}

const mostEntries = 1000;

/** What holds at a place of the program. Within an entry GRUB's root is set when the entry runs, not for what follows it. */
interface State {
  title: string;
  search: string | undefined;
  /** The root outside of entries; undefined as the whole when the place is not in one. */
  outside: { search: string | undefined } | undefined;
  prefix: string;
}

type Handler = (menu: Menu, state: State, args: string[], command: string) => void;

const begin: Handler = (_, state, [title = '']) => {
  state.title = title;
  state.outside ??= { search: state.search };
};

const search: Handler = (_, state, args, command) => {
  state.search = searched(command, args) ?? state.search;
};

const kernel: Handler = ({ entries }, { title, search }, [path = '', ...args]) => {
  if (entries.length >= mostEntries) return;
  const root = args.find((arg) => arg.startsWith('root='))?.slice('root='.length);
  entries.push({
    title,
    ...(search && { search }),
    kernel: withoutDevice(path),
    initrds: [],
    ...(root && { root }),
  });
};

const initrd: Handler = ({ entries }, _, args) => {
  entries.at(-1)?.initrds.push(...args.filter((arg) => !arg.startsWith('-')).map(withoutDevice));
};

const follow: Handler = (menu, { prefix, search }, [path = '']) => {
  const full = withoutDevice(path).replace(/^\$\{?prefix\}?/, prefix);
  if (full.startsWith('/')) menu.next ??= { ...(search && { search }), path: full };
};

const handlers: Readonly<Record<string, Handler>> = {
  menuentry: begin,
  submenu: begin,
  '}': (_, state) => {
    if (state.outside) state.search = state.outside.search;
    state.outside = undefined;
  },
  search,
  'search.fs_uuid': search,
  set: (_, state, [assignment = '']) => {
    state.prefix = /^prefix=(?:\(\$\{?root\}?\))?(\/.*)$/.exec(assignment)?.[1] ?? state.prefix;
    state.search = /^root=\(?([^()$]+)\)?$/.exec(assignment)?.[1] ?? state.search;
  },
  blscfg: (menu) => {
    menu.snippets = true;
  },
  configfile: follow,
  normal: follow,
  linux: kernel,
  linux16: kernel,
  linuxefi: kernel,
  initrd,
  initrd16: initrd,
  initrdefi: initrd,
};

/**
 * Reads what matters of a grub.cfg: which file systems it searches for, and what its entries load. It is a program; what
 * is read is what grub-mkconfig and distributions write, with both arms of an `if` taken. Pure.
 * @param prefix value of $prefix at the beginning.
 */
export function readMenu(text: string, prefix = '$prefix'): Menu {
  const menu: Menu = { entries: [], snippets: false };
  const state: State = { title: '', search: undefined, outside: undefined, prefix };
  for (const line of text.split('\n')) {
    const [command = '', ...args] = wordsOf(line);
    if (Object.hasOwn(handlers, command)) handlers[command]!(menu, state, args, command);
  }
  return menu;
}

/** Words of a line as GRUB splits them: quotes keep blanks, `#` begins a comment. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map((word) => word.replaceAll(/['"]/g, ''));
}

/** The UUID of `search --fs-uuid … UUID` and of `search.fs_uuid UUID root …`; else the words of the search. */
function searched(command: string, args: string[]): string | undefined {
  if (command === 'search.fs_uuid') return args[0];
  const what = args.findLast((arg) => !arg.startsWith('-'));
  if (args.some((arg) => arg === '--fs-uuid' || arg === '-u')) return what;
  return args.some((arg) => arg.startsWith('--set')) ? `search ${args.join(' ')}` : undefined;
}

const withoutDevice = (path: string): string => path.replace(/^\([^)]*\)/, '').replace(/^\$\{?root\}?/, '');
