import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cloneDomainXml,
  engineShapes,
  finisherDomainXml,
  grubDomainXml,
  installerDomainXml,
  loadTemplate,
  probeDomainXml,
  type TemplateOptions,
  templateDomainXml,
  verifyDomainXml,
} from '../../src/domain/index.js';
import { all, first, textOf } from '../../src/domain/tree.js';
import { parseXml, type XmlElement } from '../../src/domain/xml.js';
import type { Engine, HypervisorFacts, Plan } from '../../src/plan/plan.js';
import { appliance } from '../preseed/support.js';

export const engines = Object.keys(engineShapes) as Engine[];

export const plan = (engine: Engine, more: Partial<Plan> = {}): Plan => ({
  build: 'web-20250102-abcdef',
  appliance: appliance({ memory: 2 * 1024 ** 3, cpus: 3 }),
  uri: 'qemu:///system',
  engine,
  engineReason: 'the spec asks for it',
  ...(engineShapes[engine].qemu && { emulator: '/usr/bin/qemu-system-x86_64' }),
  machine: engineShapes[engine].machine,
  firmware: 'bios',
  pool: { name: 'default' },
  network: { installer: { type: 'network', name: 'lan' }, final: { type: 'bridge', name: 'br0' } },
  timeScale: 1,
  installer: { vcpus: 2, memory: 1024 ** 3, kernelArguments: ['norandmaps'] },
  names: {
    template: 'web',
    installerDomain: 'vapp-build-web-20250102-abcdef-install',
    finisherDomain: 'vapp-build-web-20250102-abcdef-finish',
    verifyDomain: 'vapp-build-web-20250102-abcdef-verify',
    bootMedium: 'vapp-web-grub.bin',
    disk: 'web.qcow2',
    kernel: 'web-linux',
    initrd: 'web-initrd',
    finisherInitrd: 'web-finisher',
    overlay: 'web-overlay.qcow2',
  },
  ...more,
});

export const media = { kernelPath: '/pool/linux', initrdPath: '/pool/initrd', diskPath: '/pool/web.qcow2' };

export const templateOptions: TemplateOptions = {
  diskPath: '/pool/web.qcow2',
  title: 'web: Debian 13',
  description: 'Built by vapp.\nClone it.',
  metadata: {
    kind: 'template',
    build: 'web-20250102-abcdef',
    appliance: 'web',
    os: 'debian-13',
    spec: 'a'.repeat(64),
    version: '1.2.3',
    pool: 'default',
    volume: 'web.qcow2',
  },
};

export const facts: HypervisorFacts = {
  uri: 'qemu:///system',
  driver: 'QEMU',
  privileged: true,
  nested: false,
  remote: false,
  engines: { kvm: { emulator: '/usr/bin/qemu-system-x86_64', machine: 'q35' } },
  hostCpus: 2,
  pools: [],
  networks: [],
};

/** Every form of an engine, by name. */
export function forms(
  engine: Engine,
  template = loadTemplate(engine),
  p = plan(engine),
): Record<string, string> {
  const final = templateDomainXml(p, templateOptions, template);
  const credentials: Record<string, string> = engineShapes[engine].qemu
    ? { 'systemd.unit-dropin.x': 'a\nb' }
    : {};
  return {
    installer: installerDomainXml(p, media, template),
    finisher: finisherDomainXml(p, media, template),
    grub: grubDomainXml(p, { ...media, diskFormat: 'raw', storePath: '/pool/store' }, template),
    verify: verifyDomainXml(p, { diskPath: '/pool/web-overlay.qcow2', credentials }, template),
    template: final,
    clone: cloneDomainXml(final, { name: 'web-1', diskPath: '/pool/web-1.qcow2' }),
  };
}

export const probe = (): string =>
  probeDomainXml(facts, {
    name: 'vapp-build-x-probe',
    kernelPath: '/pool/linux',
    build: 'x',
    appliance: 'web',
  });

/** What virt-xml-validate says to a document; undefined when it is content. */
export function judged(xml: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-domain-'));
  const file = join(directory, 'document.xml');
  try {
    writeFileSync(file, xml);
    execFileSync('virt-xml-validate', [file], { encoding: 'utf8', stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const form = (engine: Engine, name: string, template?: string): XmlElement =>
  parseXml(forms(engine, template)[name]!);
export const devices = (domain: XmlElement, name: string): XmlElement[] =>
  all(first(domain, 'devices')!, name);
export const text = (domain: XmlElement, ...path: string[]): string =>
  textOf(path.reduce<XmlElement | undefined>(first, domain));
export const sources = (domain: XmlElement): (string | undefined)[] =>
  devices(domain, 'disk').map((disk) => first(disk, 'source')?.attributes.file);

/** A template such as a user may give: of other hardware, with things that a build must not touch. */
export const users = `<domain type='kvm' id='7'>
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
    <input type='tablet' bus='usb'/><controller type='usb' model='ehci'/>
    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>
  </devices>
</domain>`;
