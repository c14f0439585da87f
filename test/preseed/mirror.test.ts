import { describe, expect, it } from 'vitest';
import { securityHost, splitMirror } from '../../src/preseed/mirror.js';

describe('splitMirror', () => {
  it.each([
    ['http://mirror.example/debian', 'mirror.example', '/debian'],
    ['https://mirror.example:8443/pub/debian/', 'mirror.example:8443', '/pub/debian'],
    ['http://mirror.example', 'mirror.example', '/'],
  ])('splits %s', (uri, host, directory) => {
    expect(splitMirror(uri)).toEqual({ host, directory });
  });

  it.each([
    'ftp://mirror.example/debian',
    'mirror.example/debian',
    'http://me:x@mirror.example/debian',
    'http://m/d?x',
  ])('refuses %s', (uri) => {
    expect(() => splitMirror(uri)).toThrow(expect.objectContaining({ code: 'VAPP_PRESEED_MIRROR' }));
  });
});

describe('securityHost', () => {
  it('gives the host, and the part of the path that apt-setup does not write itself', () => {
    expect(securityHost('http://mirror.example/debian-security')).toBe('mirror.example');
    expect(securityHost('http://mirror.example/pub/debian-security')).toBe('mirror.example/pub');
  });

  it('refuses a path that apt-setup cannot write', () => {
    expect(() => securityHost('http://mirror.example/security')).toThrow(
      expect.objectContaining({ code: 'VAPP_PRESEED_MIRROR' }),
    );
  });
});
