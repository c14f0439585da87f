export type Paragraph = Map<string, string>;

const paragraphBreak = /\n(?:[ \t]*\n)+/;

const parseParagraph = (text: string): Paragraph => {
  const fields: Paragraph = new Map();
  let name = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name) fields.set(name, `${fields.get(name)}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(':');
    name = colon > 0 ? line.slice(0, colon) : '';
    if (name) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
};

/**
 * Reads paragraphs of `Name: value` fields (deb-control(5), deb822(5)), names as written.
 * A folded value keeps its line breaks; each further line loses its first blank. Lines without a colon are passed over.
 */
export const parseDeb822 = (text: string): Paragraph[] =>
  text
    .replaceAll('\r\n', '\n')
    .split(paragraphBreak)
    .map(parseParagraph)
    .filter((fields) => fields.size > 0);
