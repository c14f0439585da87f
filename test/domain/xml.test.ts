import { describe, expect, it } from 'vitest';
import { element } from '../../src/domain/tree.js';
import { parseXml, serializeXml } from '../../src/domain/xml.js';

describe('parseXml and serializeXml', () => {
  it('keep the order of unlike siblings, and text as it is', () => {
    const text = "<a>\n  <b/>\n  <c x='1'> two  words </c>\n  <b>\n    <d/>\n  </b>\n</a>\n";
    expect(serializeXml(parseXml(text))).toBe(text);
  });

  it.each(['<', '>', '&', "'", '"', ']]>', '&amp;', '<!--', 'a\tb', 'a\nb', 'a\r\nb', 'ä€😀', '\u0085'])(
    'give back %j as text and as a value',
    (value) => {
      const read = parseXml(serializeXml(element('a', { key: value }, element('b', {}, `x${value}y`))));
      expect(read.attributes.key).toBe(value);
      expect(read.children).toEqual([element('b', {}, `x${value}y`)]);
    },
  );

  it.each(['\0', '\u0007', '\u001b[31m', '\ufffe', '\ud800'])('refuse %j, which XML cannot hold', (value) => {
    const refused = expect.objectContaining({ code: 'VAPP_DOMAIN_TEXT' });
    expect(() => serializeXml(element('a', {}, value))).toThrow(refused);
    expect(() => serializeXml(element('a', { key: value }))).toThrow(refused);
  });

  it('refuse names that are not names', () => {
    const refused = expect.objectContaining({ code: 'VAPP_DOMAIN_TEXT' });
    expect(() => serializeXml(element('a b'))).toThrow(refused);
    expect(() => serializeXml(element('a', { "x='1' y": '' }))).toThrow(refused);
  });

  it.each(['', '<a>', '<a><b></a>', '<a>&x;</a>', 'text'])('refuse %j as a document', (text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: 'VAPP_DOMAIN_XML' }));
  });

  it('say where the mistake is', () => {
    expect(() => parseXml('<a>\n  <b>\n</a>\n')).toThrow(
      expect.objectContaining({ at: expect.objectContaining({ line: 3 }) }),
    );
  });

  it('expand no entities of a document', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>';
    expect(() => parseXml(bomb)).toThrow(expect.objectContaining({ code: 'VAPP_DOMAIN_XML' }));
  });
});
