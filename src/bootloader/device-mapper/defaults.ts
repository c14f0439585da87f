/** Settings of /etc/default/grub that a menu from outside follows. */
const known = [
  'GRUB_TIMEOUT',
  'GRUB_CMDLINE_LINUX',
  'GRUB_CMDLINE_LINUX_DEFAULT',
  'GRUB_TERMINAL',
  'GRUB_SERIAL_COMMAND',
] as const;

export type GrubDefaults = Partial<Record<(typeof known)[number], string>>;

/** The files are shell, which is not run here: only assignments whose value stands there as it is. */
const assignment =
  /^\s*(?:export\s+)?(GRUB_\w+)=(?:"([^"$`\\]*)"|'([^']*)'|([^\s"'$`\\;&|<>()]*))\s*(?:#.*)?$/;

/** Nothing in these means anything to GRUB's own shell, or ends a line. */
const harmless = /^[\w@%+=:,./ -]*$/;

/**
 * What /etc/default/grub and its folder say, in the order in which grub-mkconfig(8) reads them; later ones win. A value that
 * would have to be computed, or that GRUB's shell could take for more than words, counts as not there.
 */
export function readDefaults(texts: readonly string[]): GrubDefaults {
  const found: GrubDefaults = {};
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, name, double, single, bare] = assignment.exec(line) ?? [];
    const setting = known.find((one) => one === name);
    const value = double ?? single ?? bare ?? '';
    if (!setting) continue;
    if (harmless.test(value)) found[setting] = value;
    else delete found[setting];
  }
  return found;
}
