import { type Paragraph, parseDeb822 } from '../archive/deb822.js';

/** One source of apt, from a one-line or a deb822 file (sources.list(5)). */
export interface AptSource {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  /** Path of the keyring, if one is named. */
  signedBy: string;
  /** The file that it stands in. */
  from: string;
}

const words = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '');

const fromLine = (line: string, from: string): AptSource | undefined => {
  const match = /^\s*(deb(?:-src)?)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)/.exec(line);
  if (!match) return undefined;
  const [, type = '', options = '', uri = '', suite = '', components = ''] = match;
  const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1] ?? '';
  return { types: [type], uris: [uri], suites: [suite], components: words(components), signedBy, from };
};

const fromParagraph = (paragraph: Paragraph, from: string): AptSource | undefined => {
  // Field names are case-insensitive (deb822(5)).
  const fields = new Map([...paragraph].map(([name, value]) => [name.toLowerCase(), value]));
  // apt's own list of words for false (StringToBool).
  if (/^(no|false|without|off|disable|0)$/i.test(fields.get('enabled')?.trim() ?? '')) return undefined;
  return {
    types: words(fields.get('types')),
    uris: words(fields.get('uris')),
    suites: words(fields.get('suites')),
    components: words(fields.get('components')),
    signedBy: fields.get('signed-by')?.trim() ?? '',
    from,
  };
};

/** Sources of one file of apt, whose name tells the format: `.sources` is deb822, all else one-line. Pure. */
export const parseAptSources = (from: string, text: string): AptSource[] => {
  const found = from.endsWith('.sources')
    ? parseDeb822(text).map((paragraph) => fromParagraph(paragraph, from))
    : text.split('\n').map((line) => fromLine(line, from));
  return found.filter((source) => source !== undefined);
};

interface Candidate {
  uri: string;
  from: string;
}

const candidates = (
  sources: readonly AptSource[],
  path: RegExp,
  suite: (name: string) => boolean,
): Candidate[] =>
  sources
    .filter(
      ({ types, suites, components }) =>
        types.includes('deb') && components.includes('main') && suites.some(suite),
    )
    // Vendors' archives end with /debian too, but are signed with keys of their own.
    .filter(({ signedBy }) => signedBy === '' || /\/debian-archive[^/\s]*$/.test(signedBy))
    .flatMap(({ uris, from }) => uris.map((uri) => ({ uri: uri.replace(/\/+$/, ''), from })))
    .filter(({ uri }) => URL.canParse(uri) && /^https?:\/\/[^@$?#]*$/.test(uri) && path.test(uri));

const isSecurity = (suite: string): boolean => suite.endsWith('-security');

/**
 * The Debian archive and the security archive among a host's sources, over http or https only: cdrom, file and mirror
 * lists are of no use to a guest. An archive with an `-updates` suite is preferred: only the real one has it. Pure.
 */
export const pickMirrors = (
  sources: readonly AptSource[],
): { mirror?: Candidate; securityMirror?: Candidate } => {
  const main = /\/debian$/;
  const mirror =
    candidates(sources, main, (suite) => suite.endsWith('-updates'))[0] ??
    candidates(sources, main, (suite) => !isSecurity(suite))[0];
  const securityMirror = candidates(sources, /\/debian-security$/, isSecurity)[0];
  return { ...(mirror && { mirror }), ...(securityMirror && { securityMirror }) };
};
