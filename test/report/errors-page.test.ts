import { expect, test } from 'vitest';
import { errorCodes, errorsPage } from '../../scripts/errors-page.mjs';

const files = [
  ['b.ts', "throw new VappError('VAPP_B_ONE', `no ${kind} a|b`, {});\nif (code === 'VAPP_A_TWO') {}"],
  ['a.ts', "new VappError(\n  'VAPP_A_TWO',\n  'two is wrong',\n);\n// VAPP_NOT_A_CODE, `VAPP_${room}`"],
  ['c.ts', "new VappError('VAPP_A_TWO', 'two is off');\nconst codes = ['VAPP_B_ONE', 'VAPP_A_TWO'];"],
  ['libvirt/errors.ts', "[c.VIR_ERR_NO_DOMAIN]: 'NO_DOMAIN',"],
] as const;

test('codes are found with all their messages, each once, in an order that no move of a file changes', () => {
  expect(errorCodes(files)).toEqual([
    ['VAPP_A_TWO', ['two is off', 'two is wrong']],
    ['VAPP_B_ONE', ['no … a\\|b']],
    ['VAPP_LIBVIRT_NO_DOMAIN', []],
  ]);
});

test('the page has a row for each exit status and each code', () => {
  const page = errorsPage(
    files,
    [
      { status: 4, meaning: 'network' },
      { status: 4, meaning: 'network' },
    ],
    () => 4,
  );
  expect(page.match(/^\| 4 \| network \|$/gm)).toHaveLength(1);
  expect(page).toContain('| `VAPP_A_TWO` | 4 | two is off<br>two is wrong |\n');
});
