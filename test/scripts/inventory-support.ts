import type { Inventory } from '../../scripts/compare/inventory.mjs';
import { readInventory } from '../../scripts/compare/inventory.mjs';

const sum = (digit: string): string => digit.repeat(64);

/** What a small system answers; each part can be replaced. */
export const answersOf = (parts: Record<string, string> = {}): Map<string, string> => {
  const texts: Record<string, string> = {
    files: [
      '41ed 0 0 4096 0:0 .',
      "a1ff 0 0 7 0:0 './bin' -> 'usr/bin'",
      '81ed 0 0 100 0:0 ./usr/bin/env',
      '81a4 0 42 9 0:0 ./etc/a file',
      '8180 0 0 5 0:0 ./var/lib/dpkg/info/env.list',
      '21b6 0 0 0 1:3 ./dev/null',
    ].join('\n'),
    sums: [`${sum('a')}  ./usr/bin/env`, `${sum('b')}  ./etc/a file`, ''].join('\n'),
    owners: ['./env.list:/.', './env.list:/usr/bin/env', './libx:amd64.list:/lib/libx.so', ''].join('\n'),
    packages: 'env\t1.0-1\tii \nlibx:amd64\t2:3\tii \n',
    automatic: 'Package: libx\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: env\nAuto-Installed: 0\n',
    audit: '',
    verify: '??5?????? c /etc/a file\n',
    units: '[{"unit_file":"ssh.service","state":"enabled","preset":"enabled"}]',
    passwd: 'root:x:0:0:root:/root:/bin/bash\n',
    group: 'root:x:0:\nssh:x:100:ann,ben\n',
    shadow: 'root:hash:0:99999:7::\n',
    gshadow: 'root:*::\n',
    debconf:
      'Name: env/mode\nTemplate: env/mode\nValue: all\nOwners: env\nFlags: seen\nVariables:\n key = x\n\n',
    templates: 'Name: env/mode\nType: select\nOwners: env\n\n',
    ...parts,
  };
  const answers = new Map<string, string>();
  for (const [name, text] of Object.entries(texts)) {
    answers.set(name, text);
    if (!name.includes('.')) answers.set(`${name}.status`, parts[`${name}.status`] ?? '0\n');
  }
  return answers;
};

export const systemOf = (parts: Record<string, string> = {}, texts: Record<string, string> = {}): Inventory =>
  readInventory(answersOf(parts), new Map(Object.entries(texts)));
