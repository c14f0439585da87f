import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hypervisorFacts } from '../../../src/build/host/host.js';
import { checkConnection, checkHypervisor } from '../../../src/cli/doctor/libvirt.js';
import { VappError } from '../../../src/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';
import type { HypervisorFacts } from '../../../src/plan/plan.js';
import { openInline } from '../../libvirt/inline.js';
import { facts } from '../../plan/helpers.js';

vi.mock('../../../src/build/host/host.js', () => ({
  hypervisorFacts: vi.fn(),
  probesFile: () => '/state/kvm-probes.json',
}));

vi.mock('../../../src/cli/doctor/way-back.js', () => ({ checkWayBack: async () => [] }));

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const start = 'systemctl start libvirtd   # without systemd: virtlogd -d; libvirtd -d';

describe('the connection', () => {
  test('works', async () => {
    expect(await checkConnection(async () => connection)).toEqual({
      connection,
      finding: {
        status: 'ok',
        what: expect.stringMatching(/^libvirt [\d.]+ answers at test:\/\/\/default$/),
      },
    });
  });

  test.each([
    ['vapp doctor', start],
    ['join the group libvirt', 'join the group libvirt'],
  ])('does not work; the hint %s', async (given, hint) => {
    const error = new VappError('VAPP_LIBVIRT_UNREACHABLE', 'no libvirt daemon answers', {
      why: 'no such file',
      hint: given,
    });
    expect(await checkConnection(() => Promise.reject(error))).toEqual({
      finding: { status: 'bad', what: 'no libvirt daemon answers', why: 'no such file', hint },
    });
  });

  test.each([
    [
      'qemu+ssh://root@kvm1/system',
      /^this has to work without a question: ssh .*-l root kvm1 true; then, on that host: systemctl/,
    ],
    ['qemu+tls://kvm1/system', /; on that host$/],
    ['qemu+ssh://a%60id%60/system', /; on that host$/],
  ])('to another machine does not work: %s', async (uri, hint) => {
    const refused = () =>
      Promise.reject(new VappError('VAPP_LIBVIRT_UNREACHABLE', 'Host key verification failed'));
    expect((await checkConnection(refused, uri)).finding.hint).toMatch(hint);
  });

  test('breaks in a way that nobody foresaw', async () => {
    const { finding } = await checkConnection(() => Promise.reject(new Error('oops')));
    expect(finding).toEqual({ status: 'bad', what: 'Error: oops', why: 'Error: oops', hint: start });
  });
});

describe('the hypervisor', () => {
  const check = async (more: Partial<HypervisorFacts>) => {
    vi.mocked(hypervisorFacts).mockResolvedValue(facts(more));
    const found = await checkHypervisor(connection);
    return found.map(({ status, what, why, hint }) => [status, what, why, hint].filter(Boolean).join(' | '));
  };
  const ready = { name: 'default', active: true };
  const q35 = { machine: 'q35' };

  test('all is well', async () => {
    expect(
      await check({ kvm: { works: true, reason: 'a kernel boots' }, pools: [ready], networks: [ready] }),
    ).toEqual([
      'ok | engines: kvm, qemu',
      'ok | KVM works',
      'ok | storage pool default',
      'ok | network default',
    ]);
  });

  test('a Xen host is not asked for KVM', async () => {
    const xen = { driver: 'Xen', engines: { 'xen-pvh': { machine: 'xenpvh' } } };
    expect(await check({ ...xen, pools: [ready], networks: [ready] })).toEqual([
      'ok | engines: xen-pvh',
      'ok | storage pool default',
      'ok | network default',
    ]);
  });

  test('a Xen host has no user network to fall back to', async () => {
    const xen = { driver: 'Xen', uri: 'xen:///system', engines: { 'xen-pvh': { machine: 'xenpvh' } } };
    expect((await check({ ...xen, networks: [{ name: 'default', active: false }] })).at(-1)).toBe(
      'note | the network default is not active | a build starts it',
    );
    expect((await check({ ...xen, networks: [] })).at(-1)).toMatch(
      /^bad \| there is no network default \| builds need it.* \| virsh -c xen:\/\/\/system net-define /,
    );
    expect((await check({ ...xen, engines: {}, remote: true }))[0]).toMatch(
      /^bad \| .* \| apt-get install xen-system-amd64 {3}# on that host$/,
    );
  });

  test('a session on another machine without a pool: nobody knows where images belong', async () => {
    vi.mocked(hypervisorFacts).mockResolvedValue(
      facts({ privileged: false, remote: true, uri: 'qemu+ssh://u@h/session', pools: [] }),
    );
    const pool = (await checkHypervisor(connection)).find(({ what }) => what.includes('storage pool'));
    expect(pool).toMatchObject({
      status: 'bad',
      hint: expect.stringMatching(
        /^virsh -c qemu\+ssh:\/\/u@h\/session pool-define-as .* pool-build default$/,
      ),
    });
  });

  test('nothing is offered or active yet', async () => {
    const off = { name: 'default', active: false };
    expect(await check({ engines: {}, pools: [off], networks: [off] })).toEqual([
      'bad | libvirt offers no engine | the QEMU driver lists no guest that vapp can build on | apt-get install qemu-system-x86',
      'note | KVM is not offered | builds run under emulation (TCG), some ten times slower | ls -l /dev/kvm',
      'note | the storage pool default is inactive | a build starts it',
      'note | the network default is not active | templates get user networking instead | virsh -c qemu:///system net-start default',
    ]);
  });

  test('the default pool is one of logical volumes', async () => {
    const found = await check({ pools: [{ ...ready, type: 'logical' }], networks: [ready] });
    expect(found[2]).toMatch(
      /^bad \| the storage pool "default" cannot hold a build \| .*type logical.* \| take another/,
    );
  });

  test.each([
    [
      facts({ userNetwork: false }),
      /^bad \| the QEMU of qemu:\/\/\/system has no user network \| .* \| --network default/,
    ],
    [facts({ userNetwork: false, networks: [ready] }), /^ok \| network default/],
    [facts({ userNetwork: false, networks: [ready], remote: true }), /^bad \| .* --proxy-address HOST/],
  ])('a host whose QEMU has no user network', async (host, found) => {
    expect((await check(host)).at(-1)).toMatch(found);
  });

  test('nothing is there', async () => {
    expect((await check({ engines: { qemu: q35 } })).slice(2)).toEqual([
      'note | there is no storage pool default | the first build makes it',
      'note | there is no network default | templates get user networking instead | virsh -c qemu:///system net-list --all',
    ]);
  });

  test('a session needs no network', async () => {
    expect((await check({ privileged: false })).at(-1)).toBe('ok | user networking');
  });

  test('KVM: not tried yet, or known not to work', async () => {
    expect((await check({}))[1]).toBe('note | KVM is offered | whether it works is tried by the first build');
    expect((await check({ kvm: { works: false, reason: 'it hangs' } }))[1]).toBe(
      'note | KVM does not work here | it hangs | rm /state/kvm-probes.json   # the next build tries again',
    );
    expect((await check({ kvm: { works: false, reason: 'denied', again: true } }))[1]).toBe(
      'note | KVM does not work here | denied | ls -l /dev/kvm; dmesg   # the next build tries again',
    );
  });
});
