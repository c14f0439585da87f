import { describe, expect, test } from 'vitest';
import { VappError } from '../../src/errors.js';
import {
  connectionLost,
  hintFor,
  isConnectionLost,
  isMissing,
  LibvirtError,
  mayBeLost,
} from '../../src/libvirt/errors.js';

const failure = (api: string, libvirtCode: number, domain: number, message = 'text') =>
  new LibvirtError({ api, libvirtCode, domain, message });

describe('LibvirtError', () => {
  test('is a VappError with a stable code and libvirt’s own numbers', () => {
    const error = failure(
      'virDomainLookupByName',
      42,
      10,
      "Domain not found: no domain with matching name 'x'\nmore",
    );
    expect(error).toBeInstanceOf(VappError);
    expect(error).toMatchObject({
      name: 'LibvirtError',
      code: 'VAPP_LIBVIRT_NO_DOMAIN',
      message: "Domain not found: no domain with matching name 'x'",
      excerpt: 'more',
      api: 'virDomainLookupByName',
      libvirtCode: 42,
      domain: 10,
    });
    expect(error.why).toContain('virDomainLookupByName');
  });

  test.each([
    ['virStorageVolCreateXML', 90, 'VAPP_LIBVIRT_VOLUME_EXISTS'],
    ['virDomainCreateXML', 67, 'VAPP_LIBVIRT_UNSUPPORTED'],
    ['virConnectOpen', 45, 'VAPP_LIBVIRT_DENIED'],
    ['virConnectOpen', 38, 'VAPP_LIBVIRT_UNREACHABLE'],
    ['virDomainCreateXML', 38, 'VAPP_LIBVIRT_FAILED'],
  ])('%s with error %i is %s', (api, libvirtCode, code) => {
    expect(failure(api, libvirtCode, 0).code).toBe(code);
  });

  test('isMissing knows the codes of things that are not there', () => {
    expect([42, 43, 49, 50, 80].every((code) => isMissing(failure('x', code, 0)))).toBe(true);
    expect(isMissing(failure('x', 1, 0))).toBe(false);
    expect(isMissing(new Error('x'))).toBe(false);
  });
});

describe('a lost connection', () => {
  test('is only suspected from errors of the RPC domain', () => {
    expect(mayBeLost(failure('virDomainGetState', 38, 7))).toBe(true);
    expect(mayBeLost(failure('virDomainGetState', 38, 10))).toBe(false);
    expect(mayBeLost(failure('virConnectOpen', 38, 7))).toBe(false);
  });

  test('keeps the first failure as its cause', () => {
    const first = failure('virDomainGetState', 38, 7, 'End of file while reading data');
    const lost = connectionLost(first);
    expect(isConnectionLost(first)).toBe(false);
    expect(isConnectionLost(lost)).toBe(true);
    expect(lost).toMatchObject({ libvirtCode: 38, domain: 7, api: 'virDomainGetState', cause: first });
  });
});

test.each([
  ["Failed to connect socket to '/run/libvirt/virtlogd-sock': No such file or directory", /virtlogd -d/],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory", /libvirtd -d/],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", /group libvirt/],
  ["Cannot create user runtime directory '/run/user/1001/libvirt': Permission denied", /XDG_RUNTIME_DIR/],
  ["Path '/very/long' too long for unix socket: Cannot allocate memory", /short directory/],
  ['authentication unavailable: no polkit agent available', /group libvirt/],
])('%s has a hint', (message, hint) => {
  expect(hintFor(message)).toMatch(hint);
});
