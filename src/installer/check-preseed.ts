import { nearest } from '../archive/nearest.js';
import { type Location, VappError } from '../errors.js';
import type { Template } from './templates.js';

/** One answer of a preseed and where it comes from (`preseed[2]`, `locale`, `vapp`): a PreseedLine. */
export interface Answer {
  owner: string;
  question: string;
  type: string;
  from: string;
}

// Questions that the installer reads when they are there and that no template declares: apt-setup's 60local, anna.
const undeclared = [
  /^apt-setup\/(?:local\d+|_DEVEL_)\/(?:repository|comment|key|source|options)$/,
  /^anna\/no_kernel_modules$/,
];

// The installer stores what a preseed line says without a look at its type, and the installation guide's own example
// writes `string` for selects and `select` for strings. A boolean is another matter: it shows that something else was meant.
const families = [
  ['string', 'select', 'multiselect', 'text'],
  ['note', 'error'],
];

const isAlike = (type: string, declared: string): boolean =>
  type === declared || families.some((family) => family.includes(type) && family.includes(declared));

const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const nearNames = (question: string, names: readonly string[]): string[] => {
  const sameEnd = names.filter((name) => lastPart(name) === lastPart(question));
  return [...new Set([...nearest(question, names, 3), ...sameEnd])].slice(0, 3);
};

/**
 * Holds a preseed's answers against the questions of the kit's own installer. An error for each question of owner
 * `d-i`, or of an owner that is a component of the kit, which no component declares (VAPP_PRESEED_QUESTION), and for
 * each type that the question cannot have (VAPP_PRESEED_TYPE). Other owners' questions belong to packages of the
 * installed system; those that the kit does not know are passed. string, select, multiselect and text count as one
 * type, as do note and error; `seen` sets a flag and goes with every type. `locate` says where a line's `from` stands.
 */
export const checkPreseed = (
  answers: readonly Answer[],
  templates: readonly Template[],
  locate: (from: string) => Location | undefined = () => undefined,
): VappError[] => {
  const byName = new Map(templates.map((template) => [template.name, template]));
  const owners = new Set(['d-i', ...templates.map(({ component }) => component)]);
  return answers.flatMap(({ owner, question, type, from }) => {
    const at = locate(from);
    const where: Where = at ? { at } : {};
    const template = byName.get(question);
    if (!template) {
      if (!owners.has(owner) || undeclared.some((pattern) => pattern.test(question))) return [];
      return [unknown(question, from, nearNames(question, [...byName.keys()]), where)];
    }
    return type === 'seen' || isAlike(type, template.type) ? [] : [wrongType(template, type, from, where)];
  });
};

type Where = { at?: Location };

const unknown = (question: string, from: string, near: readonly string[], where: Where): VappError =>
  new VappError('VAPP_PRESEED_QUESTION', `the installer has no question ${question} (${from})`, {
    ...where,
    why: 'No component of the kit declares it, so the answer would have no effect.',
    hint: near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'Remove the line.',
  });

const wrongType = (
  { name, type: declared, component }: Template,
  type: string,
  from: string,
  where: Where,
): VappError =>
  new VappError('VAPP_PRESEED_TYPE', `${name} is of type ${declared}, not ${type} (${from})`, {
    ...where,
    why: `So ${component} declares it.`,
    hint: `Write: d-i ${name} ${declared} VALUE`,
  });
