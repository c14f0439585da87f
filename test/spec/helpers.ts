import { type VappError, VappErrors } from '../../src/errors.js';
import { parseSpec, type ResolvedSpec, type SpecHost } from '../../src/spec/index.js';

/** Made for tests; the private halves were never kept. */
export const ed25519 =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g ann@example';

export const host = (more: Partial<SpecHost> = {}): SpecHost => ({
  env: {},
  user: 'ann',
  home: '/home/ann',
  sshPublicKeys: [{ path: '/home/ann/.ssh/id_ed25519.pub', line: ed25519 }],
  readText: () => undefined,
  fileSize: () => undefined,
  ...more,
});

export const parse = (text: string, more: Partial<SpecHost> = {}): ResolvedSpec =>
  parseSpec('/specs/web.yaml', text, host(more));

/** A complete spec with further lines. */
export const minimal = (...lines: string[]): string =>
  ['appliance: web', 'os: debian-13', ...lines, ''].join('\n');

/** All errors that a spec has. */
export const errorsOf = (text: string, more: Partial<SpecHost> = {}): readonly VappError[] => {
  try {
    parse(text, more);
  } catch (error) {
    if (error instanceof VappErrors) return error.errors;
    throw error;
  }
  return [];
};

/** `line:column code message` of each error. */
export const brief = (text: string, more: Partial<SpecHost> = {}): string[] =>
  errorsOf(text, more).map(({ at, code, message }) => `${at?.line}:${at?.column} ${code} ${message}`);

/** The only error of a spec. */
export const errorOf = (text: string, more: Partial<SpecHost> = {}): VappError => {
  const errors = errorsOf(text, more);
  const [first] = errors;
  if (!first || errors.length > 1)
    throw new Error(
      `expected one error, not ${errors.length}: ${errors.map(({ message }) => message).join('; ')}`,
    );
  return first;
};

/** What a caret under the line would mark. */
export const marked = ({ at }: VappError): string | undefined =>
  at?.text === undefined
    ? undefined
    : [...at.text].slice(at.column - 1, at.column - 1 + (at.length ?? 1)).join('');
