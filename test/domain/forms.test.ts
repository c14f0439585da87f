import { describe, expect, it } from 'vitest';
import { engineShapes, loadTemplate, templateDomainXml, verifyDomainXml } from '../../src/domain/index.js';
import { all, element, first, textOf } from '../../src/domain/tree.js';
import { parseXml, type XmlElement } from '../../src/domain/xml.js';
import type { Engine } from '../../src/plan/plan.js';
import { engines, forms, plan, templateOptions } from './support.js';

const form = (engine: Engine, name: string, template?: string): XmlElement =>
  parseXml(forms(engine, template)[name]!);
const devices = (domain: XmlElement, name: string): XmlElement[] => all(first(domain, 'devices')!, name);
const text = (domain: XmlElement, ...path: string[]): string =>
  textOf(path.reduce<XmlElement | undefined>(first, domain));
const sources = (domain: XmlElement): (string | undefined)[] =>
  devices(domain, 'disk').map((disk) => first(disk, 'source')?.attributes.file);

/** A template such as a user may give: of other hardware, with things that a build must not touch. */
const users = `<domain type='kvm' id='7'>
  <name>mine</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
  <memory unit='GiB'>8</memory><currentMemory unit='GiB'>4</currentMemory><vcpu placement='static' current='2'>8</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='cdrom'/></os>
  <cpu mode='host-passthrough'><topology sockets='1' cores='8' threads='1'/></cpu>
  <devices>
    <disk type='file' device='cdrom'><source file='/iso'/><target dev='sda' bus='sata'/></disk>
    <disk type='block' device='disk'><driver name='qemu' type='raw' io='native'/><source dev='/dev/sdb'/>
      <target dev='sdb' bus='scsi'/></disk>
    <disk type='file' device='disk'><source file='/data'/><target dev='sdc' bus='scsi'/></disk>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br9'/><model type='e1000e'/></interface>
    <interface type='network'><mac address='52:54:00:00:00:02'/><source network='second'/></interface>
    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>
  </devices>
</domain>`;

describe('installerDomainXml', () => {
  it.each(engines)('boots kernel and initrd of the build once, on %s', (engine) => {
    const domain = form(engine, 'installer');
    expect(text(domain, 'os', 'kernel')).toBe('/pool/linux');
    expect(text(domain, 'os', 'initrd')).toBe('/pool/initrd');
    expect(text(domain, 'os', 'cmdline')).toBe(
      `auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb ${engineShapes[engine].console} panic=-1 norandmaps`,
    );
    expect(first(domain, 'bootloader')).toBeUndefined();
    const ends = ['on_poweroff', 'on_reboot', 'on_crash'].map((event) => text(domain, event));
    expect(ends).toEqual(['destroy', 'destroy', 'destroy']);
  });

  it('has two serial ports, the target by its serial and the base disk read-only', () => {
    const domain = form('kvm', 'installer');
    expect(devices(domain, 'serial').map((port) => first(port, 'target')?.attributes.port)).toEqual([
      '0',
      '1',
    ]);
    const [target, base, ...others] = devices(domain, 'disk');
    expect(others).toEqual([]);
    expect(textOf(first(target, 'serial'))).toBe('target');
    expect(first(target, 'driver')?.attributes).toEqual({
      name: 'qemu',
      type: 'qcow2',
      discard: 'unmap',
      cache: 'unsafe',
    });
    expect(textOf(first(base, 'serial'))).toBe('vapp-base');
    expect(first(base, 'readonly')).toBeDefined();
  });

  it.each(['xen-pv', 'xen-pvh'] as const)('has a named channel as its second port on %s', (engine) => {
    const [channel] = devices(form(engine, 'installer'), 'channel');
    expect(first(channel, 'target')?.attributes).toEqual({ type: 'xen', name: 'org.vapp.syslog' });
  });

  it("takes size from the plan's installer and connects the plan's network", () => {
    const domain = form('qemu', 'installer');
    expect([text(domain, 'memory'), text(domain, 'vcpu')]).toEqual(['1024', '2']);
    expect(devices(domain, 'interface')).toEqual([
      element(
        'interface',
        { type: 'network' },
        element('source', { network: 'lan' }),
        element('model', { type: 'virtio' }),
      ),
    ]);
  });
});

describe('finisherDomainXml', () => {
  it.each(engines)('has no network, and the report on its second port, on %s', (engine) => {
    const domain = form(engine, 'finisher');
    expect(devices(domain, 'interface')).toEqual([]);
    expect(text(domain, 'os', 'cmdline')).toMatch(
      /^rdinit=\/vapp\/init console=\S+ quiet loglevel=1 panic=-1/,
    );
    const second = [...devices(domain, 'serial').slice(1), ...devices(domain, 'channel')];
    expect(second).toHaveLength(1);
  });
});

describe('verifyDomainXml', () => {
  it('is the final form on an overlay that need not last', () => {
    const domain = form('kvm', 'verify');
    expect(sources(domain)).toEqual(['/pool/web-overlay.qcow2']);
    expect([text(domain, 'memory'), text(domain, 'vcpu')]).toEqual(['2048', '3']);
    expect(first(first(domain, 'os'), 'boot')?.attributes.dev).toBe('hd');
    expect(text(domain, 'on_poweroff')).toBe('destroy');
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

describe("a user's template", () => {
  it("keeps its machine, model and disk bus in the final form, and loses what is the instance's own", () => {
    const domain = form('kvm', 'template', users);
    expect(first(first(domain, 'os'), 'type')?.attributes.machine).toBe('pc');
    const [, disk] = devices(domain, 'disk');
    expect(first(disk, 'target')?.attributes).toEqual({ dev: 'sdb', bus: 'scsi' });
    expect(disk?.attributes.type).toBe('file');
    const [nic] = devices(domain, 'interface');
    expect(first(nic, 'model')?.attributes.type).toBe('e1000e');
    expect(first(nic, 'source')?.attributes).toEqual({ bridge: 'br0' });
    expect(devices(domain, 'interface').flatMap((each) => all(each, 'mac'))).toEqual([]);
    expect([first(domain, 'uuid'), domain.attributes.id, first(domain, 'currentMemory')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('gets a console and a source of randomness when it has none', () => {
    const domain = form('kvm', 'template', users);
    expect(devices(domain, 'console')).toHaveLength(1);
    expect(devices(domain, 'rng')).toHaveLength(1);
  });

  it('shows the guests of a build one disk and no device of the host', () => {
    const domain = form('kvm', 'finisher', users);
    expect(sources(domain)).toEqual(['/pool/web.qcow2']);
    expect(devices(domain, 'hostdev')).toEqual([]);
    expect(devices(form('kvm', 'installer', users), 'interface')).toHaveLength(1);
  });

  it("cannot pass on the host's CPU where QEMU emulates it", () => {
    const domain = form('qemu', 'template', users);
    expect(domain.attributes.type).toBe('qemu');
    expect(first(domain, 'cpu')?.attributes.mode).toBe('maximum');
  });
});
