import { describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/plan/index.js';
import { facts, thrownBy, xenFacts } from './helpers.js';

const qemu = { machine: 'q35' };

describe('chooseEngine auto', () => {
  it('takes KVM that works', () => {
    const kvm = { works: true, reason: 'a kernel boots' };
    expect(chooseEngine('auto', facts({ kvm }))).toEqual({
      engine: 'kvm',
      reason: 'KVM works: a kernel boots',
    });
  });

  it('says that KVM was not tried', () => {
    const { engine, reason } = chooseEngine('auto', facts());
    expect(engine).toBe('kvm');
    expect(reason).toMatch(/not been tried/);
  });

  it('falls back to QEMU when KVM does not work, and says why', () => {
    const kvm = { works: false, reason: 'a kernel printed nothing within 15 s' };
    expect(chooseEngine('auto', facts({ kvm }))).toEqual({
      engine: 'qemu',
      reason:
        'the host offers KVM, but it does not work: a kernel printed nothing within 15 s; QEMU emulates the processor instead',
    });
  });

  it('takes QEMU where KVM is not offered', () => {
    expect(chooseEngine('auto', facts({ engines: { qemu } }))).toEqual({
      engine: 'qemu',
      reason: 'the host does not offer KVM; QEMU emulates the processor instead',
    });
  });

  it('takes xen-pvh on Xen, else what there is', () => {
    expect(chooseEngine('auto', xenFacts())).toEqual({
      engine: 'xen-pvh',
      reason: 'the host runs Xen and offers xen-pvh, xen-pv, xen-hvm',
    });
    expect(chooseEngine('auto', xenFacts({ engines: { 'xen-pv': { machine: 'xenpv' } } })).engine).toBe(
      'xen-pv',
    );
  });

  it('says what to type when there is nothing', () => {
    expect(thrownBy(() => chooseEngine('auto', facts({ engines: {} })))).toMatchObject({
      code: 'VAPP_PLAN_ENGINE',
      message: 'qemu:///system offers nothing that vapp can build on',
      hint: 'on the libvirt host: apt install qemu-system-x86, then restart libvirtd',
    });
    expect(thrownBy(() => chooseEngine('auto', facts({ driver: 'TEST', engines: {} }))).hint).toBe(
      'connect to a QEMU host: vapp --connect qemu:///system',
    );
  });

  it('does not hide a broken KVM that is the only offer', () => {
    const broken = facts({ engines: { kvm: qemu }, kvm: { works: false, reason: 'it hangs' } });
    expect(thrownBy(() => chooseEngine('auto', broken))).toMatchObject({
      code: 'VAPP_PLAN_KVM',
      why: 'it hangs',
    });
  });
});

describe('chooseEngine by name', () => {
  it.each(['kvm', 'qemu'] as const)('takes %s as asked', (choice) => {
    expect(chooseEngine(choice, facts())).toEqual({ engine: choice, reason: 'the spec asks for it' });
  });

  it('refuses KVM that does not work', () => {
    expect(
      thrownBy(() => chooseEngine('kvm', facts({ kvm: { works: false, reason: 'it hangs' } }))),
    ).toMatchObject({
      code: 'VAPP_PLAN_KVM',
      message: 'KVM does not work on qemu:///system',
      why: 'it hangs',
      hint: 'hypervisor: qemu',
    });
  });

  it('says what the host offers instead', () => {
    expect(thrownBy(() => chooseEngine('xen-pvh', facts()))).toMatchObject({
      code: 'VAPP_PLAN_ENGINE',
      message: 'qemu:///system does not offer xen-pvh',
      why: 'it offers kvm, qemu',
      hint: 'connect to a Xen host: vapp --connect xen+ssh://root@HOST/system',
    });
    expect(thrownBy(() => chooseEngine('kvm', facts({ engines: { qemu } })))).toMatchObject({
      why: 'it offers qemu',
      hint: 'hypervisor: qemu; for KVM the host needs /dev/kvm: lsmod | grep kvm',
    });
    expect(thrownBy(() => chooseEngine('qemu', xenFacts())).hint).toBe('hypervisor: xen-pvh');
    const pv = xenFacts({ engines: { 'xen-pv': { machine: 'xenpv' } } });
    expect(thrownBy(() => chooseEngine('xen-pvh', pv)).hint).toBe('hypervisor: xen-pv');
  });

  it('is not told by a probe that the next build repeats', () => {
    const host = facts({ kvm: { works: false, reason: 'denied', again: true } });
    expect(chooseEngine('auto', host).engine).toBe('kvm');
    expect(chooseEngine('kvm', host).engine).toBe('kvm');
  });
});
