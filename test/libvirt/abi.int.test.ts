import { expect, test } from 'vitest';
import { checkAbi } from '../../scripts/abi-check.mjs';

test('prototypes, callbacks, structs and constants agree with the installed headers', () => {
  expect(checkAbi()).toEqual([]);
});

test.each([
  ['a wrong parameter', { prototypes: ['int virDomainSuspend(virNetworkPtr domain)'] }, 'virDomainSuspend'],
  [
    'a missing parameter',
    { prototypes: ['int virDomainShutdownFlags(virDomainPtr domain)'] },
    'virDomainShutdownFlags',
  ],
  [
    'a wrong result',
    { prototypes: ['HeapString virDomainSuspend(virDomainPtr domain)'] },
    'virDomainSuspend',
  ],
  ['an unknown function', { prototypes: ['int virDomainVanish(virDomainPtr domain)'] }, 'virDomainVanish'],
  [
    'a wrong callback',
    { callbacks: { virConnectCloseFunc: 'void f(virConnectPtr c, void *opaque)' } },
    'virConnectCloseFunc',
  ],
  ['a wrong constant', { constants: { VIR_ERR_NO_DOMAIN: 41 } }, 'VIR_ERR_NO_DOMAIN'],
  [
    'a wrong struct',
    {
      layouts: {
        virDomainInfo: { size: 40, members: { memory: { name: 'memory', offset: 8, type: { size: 8 } } } },
      },
    },
    'virDomainInfo.memory',
  ],
])('%s is found', (_what, declarations, name) => {
  const complaints = checkAbi(declarations);
  expect(complaints).toHaveLength(1);
  expect(complaints[0]).toContain(name);
});
