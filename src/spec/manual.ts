import { otherwiseText } from './key.js';
import { keyRows } from './keys.js';

const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replace(/([<>])/g, '\\$1');

const code = (text: string): string => `\`${text}\``;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;

const section = (name: string): string => {
  const key = keyRows.get(name)!;
  const questions = key.questions.length === 0 ? 'none' : key.questions.map(code).join(', ');
  return [
    `### ${name}`,
    '',
    key.help,
    '',
    `- Type: ${cell(key.type.name)}`,
    `- ${key.otherwise.kind === 'required' ? 'Required' : `When left out: ${otherwiseText(key)}`}`,
    `- Questions of the installer: ${questions}`,
    '',
  ].join('\n');
};

/** Text of docs/spec.md, made from the key table. */
export const specManual = (): string => {
  const overview = [...keyRows].map(([name, key]) =>
    row([code(name), cell(otherwiseText(key)), cell(firstSentence(key.help))]),
  );
  return `# The spec

<!-- Made by scripts/docs.mjs from the key table in src/spec/keys.ts; do not edit. -->

A spec is one YAML 1.2 document (core schema: \`no\` and \`12:30\` are texts). Two lines are a complete spec:

\`\`\`yaml
appliance: web
os: debian-13
\`\`\`

\`vapp validate SPEC\` tells all mistakes at once, \`vapp explain SPEC [KEY]\` where each value comes from, \`vapp schema\`
prints a JSON schema for editors.

## All keys

${row(['Key', 'When left out', 'Meaning'])}
${row(['---', '---', '---'])}
${overview.join('\n')}

## Each key

${[...keyRows.keys()].map(section).join('\n')}`;
};
