import { describe, expect, it } from 'vitest';
import { all, first } from '../../src/domain/tree.js';
import { parseXml } from '../../src/domain/xml.js';
import { probe } from './support.js';

describe('the probe of KVM', () => {
  const domain = parseXml(probe());

  it('has its kernel speak on the serial port from its first instructions on', () => {
    const cmdline = first(first(domain, 'os'), 'cmdline')?.children.join('');
    expect(cmdline).toBe('earlyprintk=ttyS0,115200 console=ttyS0,115200 panic=-1');
    const devices = first(domain, 'devices')!;
    expect(all(devices, 'serial')).toHaveLength(1);
  });

  it('is a KVM guest without a disk or a network', () => {
    const devices = first(domain, 'devices')!;
    expect(domain.attributes.type).toBe('kvm');
    expect([...all(devices, 'disk'), ...all(devices, 'interface')]).toEqual([]);
  });
});
