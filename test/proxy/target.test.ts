import { describe, expect, it } from 'vitest';
import { encodePath, parseTarget } from '../../src/proxy/target.js';

const at = (path: string) => ({ host: 'mirror.example', port: 80, path });

describe('parseTarget', () => {
  it.each([
    ['http://mirror.example/debian/dists/trixie/InRelease', at('debian/dists/trixie/InRelease')],
    ['HTTP://Mirror.Example:80/a', at('a')],
    ['http://mirror.example:8080/a', { host: 'mirror.example', port: 8080, path: 'a' }],
    ['http://[fd00::1]:3142/a', { host: '[fd00::1]', port: 3142, path: 'a' }],
    ['http://mirror.example', at('')],
    ['http://mirror.example//debian//a/', at('debian/a')],
    ['http://mirror.example/pool/g%2b%2b_1%7erc1%3a2_amd64.deb', at('pool/g++_1~rc1:2_amd64.deb')],
    ['http://mirror.example/pool/g++_1~rc1_amd64.deb', at('pool/g++_1~rc1_amd64.deb')],
    ['http://mirror.example/a%252fb', at('a%2fb')],
  ])('reads %s', (raw, target) => {
    expect(parseTarget(raw)).toEqual(target);
  });

  it.each([
    ['/debian/dists', 400],
    ['*', 400],
    ['mirror.example:443', 400],
    ['ftp://mirror.example/a', 400],
    ['https://mirror.example/a', 403],
    ['http://user:password@mirror.example/a', 400],
    ['http://mirror.example:99999/a', 400],
    ['http://mirror.example/a?b', 400],
    ['http://mirror.example/a#b', 400],
    ['http://mirror.example/a/../b', 400],
    ['http://mirror.example/./b', 400],
    ['http://mirror.example/a/%2e%2e/b', 400],
    ['http://mirror.example/a/%2E./b', 400],
    ['http://mirror.example/a%2fb', 400],
    ['http://mirror.example/a%5cb', 400],
    ['http://mirror.example/a%00', 400],
    ['http://mirror.example/a%zz', 400],
    ['http://mirror.example/%ff', 400],
    [`http://mirror.example/${'a'.repeat(256)}`, 414],
    [`http://mirror.example/${'a/'.repeat(2000)}`, 414],
  ])('refuses %s', (raw, status) => {
    expect(parseTarget(raw)).toEqual({ status, reason: expect.stringMatching(/./) });
  });
});

describe('encodePath', () => {
  it('escapes what parseTarget reads back', () => {
    const path = 'pool/main/g/g++/g++_4:1~rc1+b2_amd64.deb';
    expect(parseTarget(`http://mirror.example/${encodePath(path)}`)).toEqual(at(path));
    expect(encodePath(path)).toContain('%2B');
  });
});
