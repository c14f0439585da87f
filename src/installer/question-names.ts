import { flat, type Prompt } from './questions.js';

/** A debconf template of the installer, texts in English. */
export interface QuestionTemplate {
  /** `mirror/http/hostname` */
  name: string;
  /** `string`, `select`, `boolean`, `note`, `error`, … */
  type: string;
  /** Short description. A template without one is never recognised. */
  description?: string;
  /** Extended description, paragraphs and all. */
  extended?: string;
}

/** The template of the question on the screen; of several with the same question the one that explains most of the text above it. */
export const templateOf = (
  prompt: Prompt,
  templates: readonly QuestionTemplate[],
): QuestionTemplate | undefined => {
  const screen = flat(prompt.screen.join(' '));
  let best: { template: QuestionTemplate; score: number } | undefined;
  for (const template of templates) {
    const score = explained(prompt, screen, template);
    if (score > (best?.score ?? 0)) best = { template, score };
  }
  return best?.template;
};

/** How many characters of the screen a template accounts for; 0 when the question itself is another one. */
const explained = (prompt: Prompt, screen: string, template: QuestionTemplate): number => {
  const short = flat(template.description ?? '');
  if (template.type === 'text' || literal(short) < 4 || !asPattern(short, '$').test(prompt.text)) return 0;
  const paragraphs = (template.extended ?? '').split(/\n\s*\n/).map(flat);
  const present = paragraphs.filter((text) => literal(text) > 0 && asPattern(text).test(screen));
  return literal(short) + present.reduce((sum, text) => sum + literal(text), 0);
};

const variable = /\$\{[^}]*\}/;

/** Characters that are not left to a variable. */
const literal = (text: string): number => text.split(variable).join('').length;

/** A text of a template as it may stand on a screen: `${VARIABLE}` is anything. */
const asPattern = (text: string, end = ''): RegExp => {
  const parts = text.split(variable).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.{0,200}?') + end);
};
