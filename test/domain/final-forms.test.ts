import { describe, expect, it } from 'vitest';
import { loadTemplate, templateDomainXml, verifyDomainXml } from '../../src/domain/index.js';
import { all, first, textOf } from '../../src/domain/tree.js';
import { parseXml, type XmlElement } from '../../src/domain/xml.js';
import { devices, engines, form, plan, sources, templateOptions, text } from './support.js';

describe('verifyDomainXml', () => {
  it('is the final form on an overlay that need not last', () => {
    const domain = form('kvm', 'verify');
    expect(sources(domain)).toEqual(['/pool/web-overlay.qcow2']);
    expect([text(domain, 'memory'), text(domain, 'vcpu')]).toEqual(['2048', '3']);
    expect(first(first(domain, 'os'), 'boot')?.attributes.dev).toBe('hd');
    expect(text(domain, 'on_poweroff')).toBe('destroy');
  });

  it('attaches no disk and no device of a user’s template but the overlay: a trial boot must not write to them', () => {
    const own = loadTemplate('kvm').replace(
      '</devices>',
      `<disk type='file' device='disk'><source file='/srv/data.img'/><target dev='vdb' bus='virtio'/></disk>
       <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev></devices>`,
    );
    const verify = verifyDomainXml(plan('kvm'), { diskPath: '/pool/overlay.qcow2', credentials: {} }, own);
    expect(sources(parseXml(verify))).toEqual(['/pool/overlay.qcow2']);
    expect(verify).not.toContain('hostdev');
    expect(templateDomainXml(plan('kvm'), templateOptions, own)).toContain('/srv/data.img');
  });

  it('hands credentials over as SMBIOS strings, in base64 where a string would not do', () => {
    const credentials = { 'ssh.listen': 'a,b=c', 'unit.x': '[Unit]\n', 'e.x': '', 'u.x': 'ä' };
    const xml = verifyDomainXml(plan('kvm'), { diskPath: '/d', credentials }, loadTemplate('kvm'));
    const domain = parseXml(xml);
    expect(all(first(first(domain, 'sysinfo'), 'oemStrings')!, 'entry').map(textOf)).toEqual([
      'io.systemd.credential:ssh.listen=a,b=c',
      'io.systemd.credential.binary:unit.x=W1VuaXRdCg==',
      'io.systemd.credential.binary:e.x=',
      'io.systemd.credential.binary:u.x=w6Q=',
    ]);
    expect(first(first(domain, 'os'), 'smbios')?.attributes.mode).toBe('sysinfo');
  });

  it.each([
    ['kvm', 'a/b'],
    ['xen-pvh', 'a.b'],
  ] as const)('refuses credentials that cannot be handed over: %s, %s', (engine, name) => {
    const make = () =>
      verifyDomainXml(plan(engine), { diskPath: '/d', credentials: { [name]: 'x' } }, loadTemplate(engine));
    expect(make).toThrow(expect.objectContaining({ code: 'VAPP_DOMAIN_CREDENTIALS' }));
  });
});

describe('templateDomainXml', () => {
  it.each(engines)('has a disk that a mistaken start does not change, on %s', (engine) => {
    const [disk] = devices(form(engine, 'template'), 'disk');
    expect(first(disk, 'transient')).toBeDefined();
    expect(first(disk, 'driver')?.attributes.cache).toBeUndefined();
  });

  it('has name, title, description and the id of its system', () => {
    const domain = form('kvm', 'template');
    expect([text(domain, 'name'), text(domain, 'title')]).toEqual(['web', 'web: Debian 13']);
    expect(text(domain, 'description')).toBe('Built by vapp.\nClone it.');
    const osinfo = first(first(domain, 'metadata'), 'libosinfo:libosinfo');
    expect(first(osinfo, 'libosinfo:os')?.attributes.id).toBe('http://debian.org/debian/13');
  });

  it.each([`<&>'"`, ']]>', '</title><on_poweroff>x', '&lt;', '<!--'])(
    'keeps %j where it belongs',
    (value) => {
      const xml = templateDomainXml(
        plan('kvm', { names: { ...plan('kvm').names, template: value.replace('/', '') } }),
        { ...templateOptions, title: value, description: value, diskPath: `/pool/${value}` },
        loadTemplate('kvm'),
      );
      const domain = parseXml(xml);
      expect([text(domain, 'name'), text(domain, 'title'), text(domain, 'description')]).toEqual([
        value.replace('/', ''),
        value,
        value,
      ]);
      expect(sources(domain)).toEqual([`/pool/${value}`]);
      const names = (d: XmlElement) =>
        d.children.map((child) => (typeof child === 'string' ? child : child.name));
      expect(names(domain)).toEqual(names(form('kvm', 'template')));
    },
  );

  it.each(['', 'a\nb', 'a\u0000b', '\u001b[2J'])('refuses %j as a title', (title) => {
    expect(() => templateDomainXml(plan('kvm'), { ...templateOptions, title }, loadTemplate('kvm'))).toThrow(
      expect.objectContaining({ code: 'VAPP_DOMAIN_TEXT' }),
    );
  });
});
