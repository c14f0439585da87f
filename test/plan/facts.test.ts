import { describe, expect, it } from 'vitest';
import { readHypervisorFacts } from '../../src/plan/index.js';
import { fixture, sources, thrownBy } from './helpers.js';

describe('readHypervisorFacts', () => {
  it('reads a host with QEMU and KVM', () => {
    expect(readHypervisorFacts(sources({ networks: [{ name: 'default', active: false }] }))).toEqual({
      uri: 'qemu:///system',
      driver: 'QEMU',
      privileged: true,
      remote: false,
      engines: {
        kvm: { emulator: '/usr/bin/qemu-system-x86_64', machine: 'q35' },
        qemu: { emulator: '/usr/bin/qemu-system-x86_64', machine: 'q35' },
      },
      nested: false,
      hostCpus: 2,
      hostMemory: 4 * 1024 ** 3,
      pools: [],
      networks: [{ name: 'default', active: false }],
    });
  });

  it('knows a host that is a guest by its processor', () => {
    const capabilities = fixture('capabilities-qemu').replace('</cpu>', "<feature name='hypervisor'/></cpu>");
    expect(readHypervisorFacts(sources({ capabilities })).nested).toBe(true);
  });

  it('offers no KVM where libvirt does not', () => {
    const capabilities = fixture('capabilities-qemu').replaceAll("<domain type='kvm'/>", '');
    expect(Object.keys(readHypervisorFacts(sources({ capabilities })).engines)).toEqual(['qemu']);
  });

  it('takes pc where there is no q35', () => {
    const capabilities = fixture('capabilities-qemu').replaceAll('>q35<', '>pc-q35-8.0<');
    expect(readHypervisorFacts(sources({ capabilities })).engines.qemu?.machine).toBe('pc');
  });

  it('looks at x86_64 only', () => {
    const capabilities = fixture('capabilities-qemu').replace(
      "<arch name='x86_64'>",
      "<arch name='aarch64'>",
    );
    expect(readHypervisorFacts(sources({ capabilities })).engines).toEqual({});
  });

  it('prefers the emulator of one kind of domain', () => {
    const capabilities = fixture('capabilities-qemu').replaceAll(
      "<domain type='kvm'/>",
      "<domain type='kvm'><emulator>/usr/bin/kvm</emulator></domain>",
    );
    const { engines } = readHypervisorFacts(sources({ capabilities }));
    expect(engines.kvm?.emulator).toBe('/usr/bin/kvm');
    expect(engines.qemu?.emulator).toBe('/usr/bin/qemu-system-x86_64');
  });

  it('reads a Xen host, with its domain capabilities', () => {
    const facts = readHypervisorFacts(
      sources({
        uri: 'xen:///system',
        driver: 'Xen',
        capabilities: fixture('capabilities-xen'),
        domainCapabilities: [fixture('domcapabilities-xen'), fixture('domcapabilities-qemu')],
      }),
    );
    expect(facts).toMatchObject({ privileged: true, hostCpus: 4 });
    expect(facts.engines).toEqual({
      'xen-pvh': { emulator: '/usr/bin/qemu-system-i386', machine: 'xenpvh' },
      'xen-pv': { emulator: '/usr/bin/qemu-system-i386', machine: 'xenpv' },
      'xen-hvm': { emulator: '/usr/lib/xen/bin/qemu-system-i386', machine: 'xenfv' },
    });
  });

  it('takes the emulator from the domain capabilities of QEMU', () => {
    const document = fixture('domcapabilities-qemu').replace('/usr/bin/', '/opt/qemu/bin/');
    const { engines } = readHypervisorFacts(sources({ domainCapabilities: [document] }));
    expect(engines.qemu?.emulator).toBe('/opt/qemu/bin/qemu-system-x86_64');
    expect(engines.kvm?.emulator).toBe('/usr/bin/qemu-system-x86_64');
  });

  it.each([
    ['', undefined],
    [
      '<interface supported="yes"><enum name="backendType"><value>default</value><value>passt</value></enum></interface>',
      true,
    ],
    ['<interface supported="yes"><enum name="backendType"><value>passt</value></enum></interface>', false],
    ['<interface supported="yes"><enum name="backendType"/></interface>', false],
    ['<interface supported="yes"><enum name="another"><value>default</value></enum></interface>', undefined],
  ])('knows whether QEMU has a user network by %j', (devices, userNetwork) => {
    const document = `<domainCapabilities><devices>${devices}</devices></domainCapabilities>`;
    expect(readHypervisorFacts(sources({ domainCapabilities: [document] })).userNetwork).toBe(userNetwork);
  });

  it.each([
    ['qemu:///system', 1000, { privileged: true, remote: false }],
    ['qemu:///session', 1000, { privileged: false, remote: false }],
    ['qemu:///session', 0, { privileged: true, remote: false }],
    ['qemu+unix:///system?socket=/run/x', 1000, { privileged: true, remote: false }],
    ['qemu+ssh://root@host.example/system', 1000, { privileged: true, remote: true }],
    ['qemu+ssh://host.example/session', 0, { privileged: false, remote: true }],
    ['qemu://host.example/system', 1000, { privileged: true, remote: true }],
    ['qemu+libssh2:///system', 1000, { privileged: true, remote: true }],
    ['test:///default', 0, { privileged: false, remote: false }],
    ['xen:///', 1000, { privileged: true, remote: false }],
    ['xen+ssh://root@host.example/', 1000, { privileged: true, remote: true }],
    ['remote+ssh://host.example/', 1000, { privileged: true, remote: true }],
    ['remote+ssh://host.example/session', 0, { privileged: false, remote: true }],
  ])('knows whose daemon answers %s for user %i', (uri, uid, expected) => {
    expect(readHypervisorFacts(sources({ uri, uid }))).toMatchObject(expected);
  });

  it.each([
    ['<topology sockets="2" dies="1" cores="4" threads="2"/>', 16],
    ['', 1],
  ])('counts processors without NUMA cells: %s', (topology, hostCpus) => {
    const capabilities = `<capabilities><host><cpu>${topology}</cpu></host></capabilities>`;
    expect(readHypervisorFacts(sources({ capabilities }))).toMatchObject({ hostCpus, engines: {} });
  });

  it.each(['', 'no XML', '<capabilities>', '<domain/>', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])(
    'refuses %j as capabilities',
    (capabilities) => {
      expect(thrownBy(() => readHypervisorFacts(sources({ capabilities })))).toMatchObject({
        code: 'VAPP_PLAN_CAPABILITIES',
        hint: 'virsh capabilities',
      });
    },
  );

  it('refuses another document as domain capabilities', () => {
    const domainCapabilities = ['<capabilities/>'];
    expect(thrownBy(() => readHypervisorFacts(sources({ domainCapabilities }))).code).toBe(
      'VAPP_PLAN_CAPABILITIES',
    );
  });
});
