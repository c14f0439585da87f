import { describe, expect, it } from 'vitest';
import { all, first } from '../../src/domain/tree.js';
import { devices, form, sources, users } from './support.js';

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

  it('loses its USB devices in the guests of a build only', () => {
    const [controller, ...more] = devices(form('kvm', 'installer', users), 'controller');
    expect([controller?.attributes.model, more]).toEqual(['none', []]);
    expect(devices(form('kvm', 'installer', users), 'input')).toEqual([]);
    expect(devices(form('kvm', 'template', users), 'input')).toHaveLength(1);
  });

  it("cannot pass on the host's CPU where QEMU emulates it", () => {
    const domain = form('qemu', 'template', users);
    expect(domain.attributes.type).toBe('qemu');
    expect(first(domain, 'cpu')?.attributes.mode).toBe('maximum');
  });
});
