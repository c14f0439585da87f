import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/plan/index.js';
import type { Appliance } from '../../src/spec/appliance.js';
import { minimal, parse } from '../spec/helpers.js';
import { facts, thrownBy, xenFacts } from './helpers.js';

const GiB = 1024 ** 3;
const appliance = (more: Partial<Appliance> = {}): Appliance => ({ ...parse(minimal()).appliance, ...more });
const build = 'web-20250102-0a1b2c';

describe('makePlan', () => {
  it('plans for KVM', () => {
    const web = appliance();
    expect(makePlan(web, facts({ kvm: { works: true, reason: 'a kernel boots' } }), { build })).toEqual({
      build,
      appliance: web,
      uri: 'qemu:///system',
      engine: 'kvm',
      engineReason: 'KVM works: a kernel boots',
      emulator: '/usr/bin/qemu-system-x86_64',
      machine: 'q35',
      firmware: 'bios',
      pool: { name: 'default' },
      network: { installer: { type: 'user' }, final: { type: 'user' } },
      timeScale: 1,
      installer: { vcpus: 2, memory: GiB, kernelArguments: [] },
      names: {
        template: 'web',
        installerDomain: 'vapp-build-web-20250102-0a1b2c-installer',
        finisherDomain: 'vapp-build-web-20250102-0a1b2c-finisher',
        verifyDomain: 'vapp-build-web-20250102-0a1b2c-verify',
        disk: 'vapp-web-20250102-0a1b2c.qcow2',
        bootMedium: 'vapp-web-20250102-0a1b2c-grub.bin',
        kernel: 'vapp-build-web-20250102-0a1b2c-kernel',
        initrd: 'vapp-build-web-20250102-0a1b2c-initrd',
        finisherInitrd: 'vapp-build-web-20250102-0a1b2c-finisher-initrd',
        overlay: 'vapp-build-web-20250102-0a1b2c-overlay.qcow2',
      },
    });
  });

  it('gives emulation more time and the arguments that make it quick', () => {
    const plan = makePlan(appliance({ hypervisor: 'qemu' }), facts({ hostCpus: 1 }), { build });
    expect(plan.timeScale).toBe(10);
    expect(plan.installer).toEqual({
      vcpus: 1,
      memory: GiB,
      kernelArguments: ['norandmaps', 'ipv6.disable=1', 'mitigations=off', 'no_timer_check', 'loglevel=4'],
    });
  });

  it.each(['kvm', 'xen-pvh'] as const)('treats %s on a nested host as if it were emulated', (engine) => {
    const host = engine === 'kvm' ? facts({ nested: true }) : xenFacts({ nested: true });
    const plan = makePlan(appliance({ hypervisor: engine }), host, { build });
    expect(plan).toMatchObject({ engine, timeScale: 10 });
    expect(plan.installer.kernelArguments).toContain('norandmaps');
  });

  it('plans for Xen without an emulator', () => {
    const plan = makePlan(appliance(), xenFacts(), { build });
    expect(plan).toMatchObject({ engine: 'xen-pvh', machine: 'xenpvh', timeScale: 1 });
    expect(plan.installer.kernelArguments).toEqual([]);
    expect(plan).not.toHaveProperty('emulator');
  });

  it.each([
    [768 * 1024 ** 2, GiB],
    [1.5 * GiB, 1.5 * GiB],
    [64 * GiB, 2 * GiB],
  ])('gives the installer of an appliance with %i bytes %i', (memory, expected) => {
    expect(makePlan(appliance({ memory }), facts(), { build }).installer.memory).toBe(expected);
  });

  it('takes pool, network and name as asked', () => {
    const host = facts({
      pools: [{ name: 'fast', active: true }],
      networks: [{ name: 'lan', active: true }],
    });
    const plan = makePlan(appliance(), host, { build, pool: 'fast', network: 'lan', name: 'Web_2.0' });
    expect(plan.pool.name).toBe('fast');
    expect(plan.network.installer).toEqual({ type: 'network', name: 'lan' });
    expect(plan.names.template).toBe('Web_2.0');
  });

  it('names the pools that there are', () => {
    const host = facts({ pools: [{ name: 'fast', active: true }] });
    expect(thrownBy(() => makePlan(appliance(), host, { build, pool: 'slow' }))).toMatchObject({
      code: 'VAPP_PLAN_POOL',
      why: 'its pools are: fast',
    });
  });

  it.each(['default', 'vg0'])('refuses %s when its volumes are no files', (name) => {
    const host = facts({ pools: [{ name, active: true, type: 'logical' }] });
    expect(thrownBy(() => makePlan(appliance(), host, { build, pool: name }))).toMatchObject({
      code: 'VAPP_PLAN_POOL',
      message: `the storage pool "${name}" cannot hold a build`,
      why: expect.stringContaining('of the type logical'),
      hint: expect.stringMatching(/--pool: virsh -c \S+ pool-list --all --type dir,fs,/),
    });
  });

  it.each(['', 'a/b', '-x', 'a b', '../x', 'vapp-build-x', 'ü', 'a'.repeat(129)])(
    'refuses %j as the name of a template',
    (name) => {
      expect(thrownBy(() => makePlan(appliance(), facts(), { build, name })).code).toBe('VAPP_PLAN_NAME');
    },
  );

  it('is plain data', () => {
    const plan = makePlan(appliance(), facts(), { build });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});
