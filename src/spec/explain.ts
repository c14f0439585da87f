import type { Location } from '../errors.js';
import type { Appliance, Origin, ResolvedSpec } from './appliance.js';
import type { SpecKey } from './key.js';
import { keyRows } from './keys.js';

/** One key of one appliance, as text for people. */
export interface ExplainRow {
  /** Concrete path: `users[0].sudo`. */
  key: string;
  value: string;
  type: string;
  /** Where the value comes from: `web.yaml:4:9`, `default`, `guess: …`. */
  origin: string;
  help: string;
  /** Questions of the installer that the value answers. */
  questions: readonly string[];
}

const placeText = ({ file, line, column }: Location): string => `${file}:${line}:${column}`;

const originText = (origin: Origin | undefined): string => {
  if (origin?.kind === 'spec') return placeText(origin.at);
  return origin?.kind === 'guess' ? `guess: ${origin.from}` : 'default';
};

/** Names in the Appliance that differ from the keys. */
const renamed: Readonly<Record<string, string>> = { password: 'passwordHash' };

const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

const valueAt = (appliance: object, path: string): unknown => {
  let value: unknown = appliance;
  for (const part of path.split(/[.[\]]+/).filter((each) => each !== ''))
    value = (value as Record<string, unknown> | undefined)?.[renamed[part] ?? camelCase(part)];
  return value;
};

const shown = (row: SpecKey<unknown>, value: unknown): string => {
  if (value !== undefined) return row.type.show?.(value) ?? String(value);
  return row.otherwise.kind === 'nothing' ? row.otherwise.text : 'none';
};

const concrete = (key: string, appliance: Appliance): string[] => {
  const [list, inItem] = key.split('[]');
  if (inItem === undefined) return [key];
  return (valueAt(appliance, list!) as unknown[]).map((_, i) => `${list}[${i}]${inItem}`);
};

/** Whether a row belongs to what was asked for: `users`, `users[]`, `users[1]` and `users[].sudo` all do something. */
const asked = (path: string, key: string, wanted: string): boolean =>
  [path, key].some(
    (name) => name === wanted || (name.startsWith(wanted) && /^[.[]/.test(name.slice(wanted.length))),
  );

/**
 * What the keys of an appliance are and where their values come from, in the order of the key table. `key` narrows it
 * to one key, a group of keys (`disk`) or one user (`users[0]`); the result is empty for a key that does not exist.
 * Hashes of passwords are not shown.
 */
export const explain = (resolved: ResolvedSpec, key?: string): ExplainRow[] =>
  [...keyRows].flatMap(([name, row]) =>
    concrete(name, resolved.appliance)
      .filter((path) => key === undefined || asked(path, name, key))
      .map((path) => ({
        key: path,
        value: shown(row, valueAt(resolved.appliance, path)),
        type: row.type.name,
        origin: originText(resolved.origins.get(path)),
        help: row.help,
        questions: row.questions,
      })),
  );
