import { describe, expect, it } from 'vitest';
import { parseTemplates, trimTemplates } from '../../src/installer/templates.js';

const text = `Template: partman-auto/choose_recipe
Type: select
Choices: \${CHOICES}
Description: Partitioning scheme:
 Selected.
 .
 Second paragraph.
Description-de.UTF-8: Partitionierungsschema:
 Ausgewählt.
Description-pt_BR.UTF-8: Esquema
Extended_description-ca@valencia.UTF-8: no
 cap

Template: mirror/country
Type: select
Choices-C: manual, AR, One\\, two
Choices: enter information manually, Argentina, One\\, two
Choices-de.UTF-8: von Hand, Argentinien
Default: AR
Description: Country
`;

describe('trimTemplates', () => {
  it('leaves C and English alone', () => {
    const cut = trimTemplates(text);
    expect(cut).not.toMatch(/UTF-8|Ausgewählt|cap/);
    expect(cut).toContain(' Selected.\n .\n Second paragraph.\n\nTemplate: mirror/country');
    expect(cut).toContain('Choices-C: manual, AR');
    expect(parseTemplates(cut, 'x')).toEqual(parseTemplates(text, 'x'));
  });

  it('changes nothing the second time', () => {
    expect(trimTemplates(trimTemplates(text))).toBe(trimTemplates(text));
  });
});

it('parseTemplates gives names, types, choices of the C locale and defaults', () => {
  expect(parseTemplates(text, 'choose-mirror')).toEqual([
    {
      name: 'partman-auto/choose_recipe',
      type: 'select',
      component: 'choose-mirror',
      choices: ['${CHOICES}'],
      description: 'Partitioning scheme:',
      extended: 'Selected.\n\nSecond paragraph.',
    },
    {
      name: 'mirror/country',
      type: 'select',
      component: 'choose-mirror',
      choices: ['manual', 'AR', 'One, two'],
      default: 'AR',
      description: 'Country',
    },
  ]);
});
