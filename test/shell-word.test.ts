import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../src/shell-word.js';

const uri = 'qemu+ssh://root@h/system?keyfile=/a/key&no_verify=1';

test.each(['', 'qemu:///system', uri, "it's", '$(id) `id` "x" \\ ;'])(
  'a shell takes %j as one word',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);

test('what is plain stays plain', () => {
  expect(shellWord('qemu+ssh://root@h:22/system')).toBe('qemu+ssh://root@h:22/system');
  expect(shellWord(uri)).toBe(`'${uri}'`);
});
