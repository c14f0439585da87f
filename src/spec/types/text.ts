import { nearest } from '../near.js';
import { quoted } from '../problems.js';
import type { Node } from '../tree.js';
import { lastPart, type ReadContext, readText, type ValueType } from './base.js';

export interface TextRule {
  /** For people, with an article: `a time zone such as Europe/Berlin`. */
  name: string;
  /** Anchored regular expression, also valid in a JSON schema. */
  pattern: string;
  /** One line: what the pattern asks for. */
  why: string;
  maxLength?: number;
  /** What to type instead of a refused text. */
  hint?(text: string): string | undefined;
  /** Another problem of a text that fits the pattern. */
  refuse?(text: string): { why: string; hint?: string } | undefined;
  /** The form that goes into the Appliance. */
  normalise?(text: string): string;
}

/** A text after a rule. */
export const text = (rule: TextRule): ValueType<string> => ({
  name: rule.name,
  schema: {
    type: 'string',
    pattern: rule.pattern,
    ...(rule.maxLength !== undefined && { maxLength: rule.maxLength }),
  },
  read(node, key, context) {
    const value = readText(node, key, context);
    if (value === undefined) return undefined;
    const problem = problemOf(rule, value);
    if (!problem) return rule.normalise?.(value) ?? value;
    const message = `${key}: ${quoted(value)} is not ${rule.name}`;
    return context.problems.add('VAPP_SPEC_VALUE', message, node, problem);
  },
});

const problemOf = (rule: TextRule, value: string): { why: string; hint?: string } | undefined => {
  const short = value.length <= (rule.maxLength ?? Infinity);
  if (short && new RegExp(rule.pattern, 'u').test(value)) return rule.refuse?.(value);
  const hint = rule.hint?.(value);
  return { why: rule.why, ...(hint !== undefined && { hint }) };
};

/** One of a few words. `synonyms` maps further spellings to them. */
export const choice = <const T extends string>(
  words: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): ValueType<T> => {
  const spellings = [...words, ...Object.keys(synonyms)];
  return {
    name: spellings.length === 1 ? spellings[0]! : `one of ${spellings.join(', ')}`,
    schema: { enum: spellings },
    read(node, key, context) {
      const value = readText(node, key, context);
      if (value === undefined) return undefined;
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      if (Object.hasOwn(synonyms, value)) return synonyms[value];
      return unknownWord(value, spellings, node, key, context);
    },
  };
};

const unknownWord = (
  value: string,
  words: readonly string[],
  node: Node,
  key: string,
  { problems }: ReadContext,
): undefined => {
  const near = nearest(value, words);
  problems.add('VAPP_SPEC_VALUE', `${key} cannot be ${quoted(value)}`, node, {
    why: `vapp knows: ${words.join(', ')}`,
    hint: near === undefined ? `${lastPart(key)}: ${words[0]}` : `did you mean ${near}?`,
  });
};
