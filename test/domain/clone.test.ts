import { describe, expect, it } from 'vitest';
import { cloneDomainXml, readMetadata } from '../../src/domain/index.js';
import { forms, templateOptions } from './support.js';

const uuid = '11111111-2222-3333-4444-555555555555';
/** As libvirt gives the template back: with what it added. */
const template = forms('kvm')
  .template!.replace('</name>', `</name><uuid>${uuid}</uuid>`)
  .replace("<interface type='bridge'>", "<interface type='bridge'><mac address='52:54:00:aa:bb:cc'/>");

describe('cloneDomainXml', () => {
  it('has its own name, disk and addresses, and keeps its changes', () => {
    const xml = cloneDomainXml(template, {
      name: 'web-1',
      uuid: uuid.replace('1', '9'),
      diskPath: '/pool/web-1.qcow2',
    });
    expect(xml).toContain('<name>web-1</name>');
    expect(xml).toContain(`<uuid>${uuid.replace('1', '9')}</uuid>`);
    expect(xml).toContain("<source file='/pool/web-1.qcow2'/>");
    for (const gone of [uuid, '52:54:00', '<transient', '<title', '<description', '/pool/web.qcow2'])
      expect(xml).not.toContain(gone);
  });

  it('says what it was made of', () => {
    const xml = cloneDomainXml(template, { name: 'web-1', diskPath: '/d' });
    expect(readMetadata(xml)).toEqual({ ...templateOptions.metadata, kind: 'clone' });
    const metadata = { ...templateOptions.metadata, kind: 'clone' as const, template: 'web' };
    expect(readMetadata(cloneDomainXml(template, { name: 'w', diskPath: '/d', metadata }))).toEqual(metadata);
  });

  it.each(['<domain/>', '<domain><devices/></domain>', forms('kvm').installer!])(
    'refuses what is no template',
    (xml) => {
      expect(() => cloneDomainXml(xml, { name: 'a', diskPath: '/d' })).toThrow(
        expect.objectContaining({ code: 'VAPP_DOMAIN_CLONE' }),
      );
    },
  );

  it.each(['', 'a/b', 'a\nb'])('refuses %j as a name', (name) => {
    expect(() => cloneDomainXml(template, { name, diskPath: '/d' })).toThrow(
      expect.objectContaining({ code: 'VAPP_DOMAIN_TEXT' }),
    );
  });
});
