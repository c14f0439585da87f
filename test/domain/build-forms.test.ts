import { describe, expect, it } from 'vitest';
import { grubSerials } from '../../src/bootloader/index.js';
import { engineShapes, grubDomainXml, loadTemplate } from '../../src/domain/index.js';
import { element, first, textOf } from '../../src/domain/tree.js';
import { parseXml } from '../../src/domain/xml.js';
import { devices, engines, form, judged, plan, text } from './support.js';

describe('installerDomainXml', () => {
  it.each(engines)('boots kernel and initrd of the build once, on %s', (engine) => {
    const domain = form(engine, 'installer');
    expect(text(domain, 'os', 'kernel')).toBe('/pool/linux');
    expect(text(domain, 'os', 'initrd')).toBe('/pool/initrd');
    expect(text(domain, 'os', 'cmdline')).toBe(
      `auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb ${engineShapes[engine].console} panic=-1 ${engineShapes[engine].secondPort ? '' : 'vapp.console=shared '}norandmaps`,
    );
    expect(first(domain, 'bootloader')).toBeUndefined();
    const ends = ['on_poweroff', 'on_reboot', 'on_crash'].map((event) => text(domain, event));
    expect(ends).toEqual(['destroy', 'destroy', 'destroy']);
  });

  it('has two serial ports, and the target by its serial', () => {
    const domain = form('kvm', 'installer');
    expect(devices(domain, 'serial').map((port) => first(port, 'target')?.attributes.port)).toEqual([
      '0',
      '1',
    ]);
    const [target, ...others] = devices(domain, 'disk');
    expect(others).toEqual([]);
    expect(textOf(first(target, 'serial'))).toBe('target');
    expect(first(target, 'driver')?.attributes).toEqual({
      name: 'qemu',
      type: 'qcow2',
      discard: 'unmap',
      cache: 'unsafe',
    });
  });

  it.each(['xen-pv', 'xen-pvh', 'xen-hvm'] as const)('has one console for both channels on %s', (engine) => {
    const domain = form(engine, 'installer');
    expect(devices(domain, 'console')).toHaveLength(1);
    expect(devices(domain, 'channel')).toEqual([]);
    expect(devices(domain, 'serial')).toEqual([]);
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
  it.each(engines)('has no network, and a way for its report, on %s', (engine) => {
    const domain = form(engine, 'finisher');
    expect(devices(domain, 'interface')).toEqual([]);
    expect(text(domain, 'os', 'cmdline')).toMatch(
      /^rdinit=\/vapp\/init console=\S+ panic=-1 .*quiet loglevel=1$/,
    );
    const { secondPort } = engineShapes[engine];
    expect(devices(domain, 'serial').slice(1)).toHaveLength(secondPort ? 1 : 0);
    expect(text(domain, 'os', 'cmdline').includes(' vapp.console=shared')).toBe(!secondPort);
  });
});

describe('grubDomainXml', () => {
  it('keeps what is written to somebody’s disk, and has a second one for what will be', () => {
    const [disk, store] = devices(form('qemu', 'grub'), 'disk');
    expect(first(disk, 'driver')?.attributes).toEqual({ name: 'qemu', type: 'raw', discard: 'unmap' });
    expect(first(store, 'driver')?.attributes).toEqual({ name: 'qemu', type: 'raw', cache: 'unsafe' });
    expect([disk, store].map((one) => textOf(first(one, 'serial')))).toEqual(Object.values(grubSerials));
    expect(first(store, 'target')?.attributes).toEqual({ dev: 'vdb', bus: 'virtio' });
  });

  it('says which disk is a block device', () => {
    const media = { kernelPath: '/k', initrdPath: '/i', diskPath: '/dev/vg0/web', storePath: '/pool/store' };
    const disk = { diskFormat: 'raw', diskIsBlock: true } as const;
    const xml = grubDomainXml(plan('qemu'), { ...media, ...disk }, loadTemplate('qemu'));
    expect(judged(xml)).toBeUndefined();
    const [target, store] = devices(parseXml(xml), 'disk');
    expect([target, store].map((one) => one?.attributes.type)).toEqual(['block', 'file']);
    expect(first(target, 'source')?.attributes).toEqual({ dev: '/dev/vg0/web' });
  });
});
