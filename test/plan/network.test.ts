import { describe, expect, it } from 'vitest';
import { noUserNetwork, parseNetwork } from '../../src/plan/index.js';
import { chooseNetworks } from '../../src/plan/network.js';
import { facts, thrownBy, xenFacts } from './helpers.js';

const active = [{ name: 'default', active: true }];
const user = { type: 'user' };
const standard = { type: 'network', name: 'default' };

describe('parseNetwork', () => {
  it.each([
    ['user', user],
    ['default', standard],
    ['bridge:br0', { type: 'bridge', name: 'br0' }],
  ])('reads %s', (text, choice) => {
    expect(parseNetwork(text)).toEqual(choice);
  });

  it.each(['bridge:', 'bridge:a/b', 'bridge:longer-than-fifteen', "bridge:a'b"])('refuses %s', (text) => {
    expect(thrownBy(() => parseNetwork(text)).code).toBe('VAPP_PLAN_NETWORK');
  });
});

describe('chooseNetworks', () => {
  it('installs over the user network and finishes on an active default network', () => {
    expect(chooseNetworks('kvm', facts({ networks: active }))).toEqual({ installer: user, final: standard });
  });

  it.each([
    ['it is not active', facts({ networks: [{ name: 'default', active: false }] })],
    ['there is none', facts()],
    ['the connection is not privileged', facts({ privileged: false, networks: active })],
  ])('keeps the user network when %s', (_, host) => {
    expect(chooseNetworks('qemu', host)).toEqual({ installer: user, final: user });
  });

  it('takes what is asked for in both places', () => {
    const host = facts({ networks: [{ name: 'lan', active: false }] });
    const lan = { type: 'network', name: 'lan' };
    const bridge = { type: 'bridge', name: 'br0' };
    expect(chooseNetworks('kvm', host, 'lan')).toEqual({ installer: lan, final: lan });
    expect(chooseNetworks('kvm', host, 'bridge:br0')).toEqual({ installer: bridge, final: bridge });
  });

  it('installs over the user network on a remote host, from where alone the way back through ssh is open', () => {
    const host = facts({ remote: true, networks: [{ name: 'lan', active: true }] });
    const lan = { type: 'network', name: 'lan' };
    expect(chooseNetworks('kvm', host, 'lan')).toEqual({ installer: user, final: lan });
    expect(chooseNetworks('kvm', host, 'lan', '192.0.2.10')).toEqual({ installer: lan, final: lan });
    expect(chooseNetworks('xen-pvh', { ...xenFacts(), remote: true }, 'default')).toEqual({
      installer: standard,
      final: standard,
    });
  });

  it('installs over an active default network where QEMU has no user network', () => {
    const host = facts({ userNetwork: false, networks: active });
    const chosen = chooseNetworks('kvm', host);
    expect(chosen).toEqual({ installer: standard, final: standard });
    expect(noUserNetwork(host, chosen)).toBeUndefined();
  });

  it.each([
    ['there is no network', facts({ userNetwork: false }), undefined, /^--network default, or/],
    ['it is not active', facts({ userNetwork: false, networks: [{ name: 'default', active: false }] })],
    [
      'the host is remote',
      facts({ userNetwork: false, remote: true, networks: active }),
      undefined,
      /--proxy-address HOST/,
    ],
    ['even with a network', facts({ userNetwork: false, remote: true, networks: active }), 'default'],
  ])(
    'a host without a user network cannot build when %s',
    (_, host, wanted = undefined, hint = /--network/) => {
      const lacking = noUserNetwork(host, chooseNetworks('kvm', host, wanted));
      expect(lacking).toMatchObject({ code: 'VAPP_PLAN_NETWORK', hint: expect.stringMatching(hint) });
    },
  );

  it('needs no user network with a network and an address that the user names', () => {
    const host = facts({ userNetwork: false, remote: true, networks: active });
    expect(noUserNetwork(host, chooseNetworks('kvm', host, 'default', '192.0.2.10'))).toBeUndefined();
  });

  it('names the networks that there are', () => {
    expect(thrownBy(() => chooseNetworks('kvm', facts({ networks: active }), 'defualt'))).toMatchObject({
      code: 'VAPP_PLAN_NETWORK',
      message: 'qemu:///system has no network "defualt"',
      why: 'its networks are: default',
    });
  });

  it('uses the default network on Xen, which has no user network', () => {
    expect(chooseNetworks('xen-pvh', xenFacts())).toEqual({ installer: standard, final: standard });
    expect(thrownBy(() => chooseNetworks('xen-pvh', xenFacts({ networks: [] }))).why).toBe(
      'it has no networks',
    );
    expect(thrownBy(() => chooseNetworks('xen-pv', xenFacts(), 'user')).hint).toMatch(
      /--network bridge:NAME/,
    );
  });
});
