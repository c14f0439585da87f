import { describe, expect, it } from 'vitest';
import { metadataNamespace, readMetadata, type VappMetadata, writeMetadata } from '../../src/domain/index.js';
import { forms, probe, templateOptions } from './support.js';

const metadata: VappMetadata = {
  kind: 'clone',
  build: 'web-20250102-abcdef',
  appliance: 'web',
  os: 'debian-13',
  pool: `<&>'"]]>`,
  template: 'web',
};

describe('metadata', () => {
  it('is read back as it was written, whatever is in it', () => {
    expect(readMetadata(writeMetadata(metadata))).toEqual(metadata);
  });

  it('is read out of a whole domain', () => {
    expect(readMetadata(forms('kvm').template!)).toEqual(templateOptions.metadata);
  });

  it('is read out of what virDomainGetMetadata gives: the element without its prefix', () => {
    const alone = writeMetadata(metadata)
      .replace('vapp:appliance', 'appliance')
      .replace(`xmlns:vapp='${metadataNamespace}'`, '');
    expect(readMetadata(alone)).toEqual(metadata);
  });

  it('marks every guest of a build', () => {
    const { installer, finisher, verify } = forms('qemu');
    for (const xml of [installer!, finisher!, verify!, probe()])
      expect(readMetadata(xml)?.kind).toBe('build');
  });

  it.each([
    '<domain/>',
    '<domain><metadata><x:appliance xmlns:x="https://other.example/" kind="build" build="a" appliance="b"/></metadata></domain>',
    `<domain><metadata><v:appliance xmlns:v="${metadataNamespace}" kind="other" build="a" appliance="b"/></metadata></domain>`,
    `<domain><metadata><v:appliance xmlns:v="${metadataNamespace}" kind="build"/></metadata></domain>`,
  ])('is not seen in %s', (xml) => {
    expect(readMetadata(xml)).toBeUndefined();
  });

  it("leaves other programs' metadata in a user's template alone", () => {
    const foreign = "<x:note xmlns:x='https://other.example/'>keep</x:note>";
    const user = `<domain type='kvm'><metadata>${foreign}</metadata><devices/></domain>`;
    for (const xml of Object.values(forms('kvm', user))) expect(xml).toContain(foreign);
  });
});
