import { describe, expect, it } from 'vitest';
import { loadTemplate, poolXml, volumeXml } from '../../src/domain/index.js';
import { engines, forms, judged, probe } from './support.js';

describe('virt-xml-validate accepts', () => {
  it.each(engines)('the template and every form of %s', (engine) => {
    const documents = { file: loadTemplate(engine), ...forms(engine) };
    const refused = Object.entries(documents).flatMap(([form, xml]) => {
      const problem = judged(xml);
      return problem === undefined ? [] : [`${form}: ${problem}`];
    });
    expect(refused).toEqual([]);
  });

  it('every form made of a template that has next to nothing', () => {
    const bare = "<domain type='kvm'><os><type>hvm</type></os><devices/></domain>";
    const refused = Object.entries(forms('kvm', bare)).filter(([, xml]) => judged(xml) !== undefined);
    expect(refused).toEqual([]);
  });

  it('the probe, volumes and pools', () => {
    const backing = { path: '/pool/web.qcow2', format: 'qcow2' } as const;
    const documents = [
      probe(),
      volumeXml({ name: 'web.qcow2', capacity: 4 * 1024 ** 3, format: 'qcow2' }),
      volumeXml({ name: 'overlay', capacity: 4 * 1024 ** 3, format: 'qcow2', backing }),
      volumeXml({ name: 'linux', capacity: 12_000_001, format: 'raw' }),
      poolXml({ name: 'default', path: '/var/lib/libvirt/images' }),
    ];
    expect(documents.map(judged).filter((problem) => problem !== undefined)).toEqual([]);
  });
});
