export interface Relation {
  name: string;
  /** `any`, `native` or an architecture after a colon. */
  qualifier?: string;
  version?: { operator: '<<' | '<=' | '=' | '>=' | '>>'; version: string };
}

const relation =
  /^([^\s:([]+)(?::(\S+?))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^)\s]+)\s*\))?\s*(?:\[[^\]]*\]\s*)?$/;

// `<` and `>` are old forms of `<=` and `>=`: deb-control(5).
const modern = (operator: string): string =>
  operator === '<' || operator === '>' ? `${operator}=` : operator;

const parseOne = (text: string): Relation[] => {
  const [, name, qualifier, operator, version] = relation.exec(text.trim()) ?? [];
  if (!name) return [];
  const limit =
    operator && version ? { version: { operator: modern(operator), version } as Relation['version'] } : {};
  return [{ name, ...(qualifier ? { qualifier } : {}), ...limit }] as Relation[];
};

/** Reads Depends, Provides and their like: the groups that must all hold, each a list of alternatives. */
export const parseRelations = (field: string | undefined): Relation[][] =>
  (field ?? '')
    .split(',')
    .map((group) => group.split('|').flatMap(parseOne))
    .filter((group) => group.length > 0);
