import type { Findings } from './findings.js';
import { type FoundVolume, mayHide } from './volumes.js';

/** Names that only existed where GRUB was installed: those of a mapper for images, and of loop devices. */
const transientName = /^\/dev\/(mapper\/hd[a-z]+\d+|loop\d+p?\d*|dm-\d+)$/;

/**
 * Checks that `root=` of a kernel's command line names a file system of this disk, or at least something that may exist.
 * @param who begins the sentences that are found.
 */
export function checkRoot(
  findings: Findings,
  { who, volumes, root }: { who: string; volumes: readonly FoundVolume[]; root: string | undefined },
): void {
  if (root === undefined || root.includes('$')) return;
  const [, kind, value = ''] = /^(UUID|PARTUUID|LABEL|PARTLABEL)=(.*)$/.exec(root) ?? [];
  if (kind) {
    if (volumes.some((volume) => isNamed(volume, kind, value))) return;
    const sentence = `${who} has root=${root}, which is not on this disk.`;
    (mayHide(volumes) ? findings.notes : findings.problems).push(sentence);
  } else if (transientName.test(root))
    findings.problems.push(`${who} has root=${root}, which exists only where GRUB was installed.`);
  else if (root.startsWith('/dev/') && !root.startsWith('/dev/mapper/'))
    findings.notes.push(`${who} has root=${root}: a name that may be another elsewhere.`);
}

function isNamed({ partition, content }: FoundVolume, kind: string, value: string): boolean {
  if (kind === 'UUID') return content.uuid?.toLowerCase() === value.toLowerCase();
  if (kind === 'LABEL') return content.label === value;
  if (kind === 'PARTUUID') return partition?.uuid === value.toLowerCase();
  return partition?.name === value;
}
