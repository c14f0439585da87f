/** A debconf question as a component declares it. */
export interface Template {
  name: string;
  type: string;
  /** The component whose templates file declares it. */
  component: string;
  /** Choices of a select, as the C locale has them; with `${…}` when the installer fills them in. */
  choices?: string[];
  default?: string;
  /** Short and extended description in English, as a screen shows them; paragraphs of the latter are parted by empty lines. */
  description?: string;
  extended?: string;
}

// Field names with a language: `Description-pt_BR.UTF-8`, `Choices-ca@valencia.UTF-8`; not `Choices-C`.
const translated = /^[A-Za-z_]+-[a-z]{2,3}(?:_[A-Z]{2})?(?:@[a-z]+)?\.UTF-8:/;

/**
 * Cuts a templates file down to C and English: the installer reads and writes all of its templates for
 * each component that it loads, 8.6 MB with all languages. The same as the installer's own trimtemplates, which does it at run time.
 */
export const trimTemplates = (text: string): string => {
  let skipping = false;
  return text
    .split('\n')
    .filter((line) => {
      if (!/^[ \t]/.test(line)) skipping = translated.test(line);
      return !skipping;
    })
    .join('\n');
};

const list = (value: string | undefined): string[] | undefined =>
  value
    ?.split(/(?<!\\),/)
    .map((choice) => choice.trim().replaceAll('\\,', ','))
    .filter((choice) => choice !== '');

/** Reads a templates file (debconf-devel(7)). */
export const parseTemplates = (text: string, component: string): Template[] =>
  text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const match = /^([A-Za-z_-]+): ?(.*)$/.exec(line);
      if (match) fields.set(match[1]!, match[2]!.trim());
    }
    const name = fields.get('Template');
    const type = fields.get('Type');
    if (!name || !type) return [];
    const choices = list(fields.get('Choices-C') ?? fields.get('Choices'));
    const preset = fields.get('Default');
    return [
      {
        name,
        type,
        component,
        ...(choices ? { choices } : {}),
        ...(preset !== undefined ? { default: preset } : {}),
        ...descriptions(paragraph),
      },
    ];
  });

const descriptions = (paragraph: string): Pick<Template, 'description' | 'extended'> => {
  const match = /^Description: ?(.*)((?:\n .*)*)/m.exec(paragraph);
  if (!match) return {};
  const extended = match[2]!
    .replace(/\n \.(?=\n|$)/g, '\n')
    .replace(/\n /g, '\n')
    .trim();
  return { description: match[1]!.trim(), ...(extended ? { extended } : {}) };
};
