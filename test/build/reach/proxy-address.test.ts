import { expect, test } from 'vitest';
import { parseProxyAddress } from '../../../src/build/reach/proxy-address.js';

test.each([
  ['192.0.2.10', { host: '192.0.2.10' }],
  ['192.0.2.10:3142', { host: '192.0.2.10', port: 3142 }],
  ['build-1.example', { host: 'build-1.example' }],
  ['build:65535', { host: 'build', port: 65_535 }],
])('%s is an address', (text, address) => {
  expect(parseProxyAddress(text)).toEqual(address);
});

test.each([
  ['', 'it is not HOST or HOST:PORT'],
  ['-x', 'it is not HOST or HOST:PORT'],
  ['192.0.2.10:', 'it is not HOST or HOST:PORT'],
  ['192.0.2.10:0', 'it is not HOST or HOST:PORT'],
  ['192.0.2.10:65536', 'it is not HOST or HOST:PORT'],
  ['[fd00::1]:3142', 'it is not HOST or HOST:PORT'],
  ['http://192.0.2.10', 'it is not HOST or HOST:PORT'],
  ['192.0.2.10 web', 'it is not HOST or HOST:PORT'],
  ['127.0.0.1:80', 'a guest that names its loopback reaches itself'],
  ['localhost', 'a guest that names its loopback reaches itself'],
  ['0.0.0.0:80', 'it stands for all addresses; a guest needs one'],
])('%j is none', (text, why) => {
  expect(() => parseProxyAddress(text)).toThrow(
    expect.objectContaining({
      code: 'VAPP_HOST_PROXY_ADDRESS',
      why,
      hint: expect.stringContaining('--proxy-address'),
    }),
  );
});
