import { expect, test } from 'vitest';
import { maskUrls, redactUrls } from '../../src/report/untrusted.js';

test.each([
  ['http://user:secret@h/ and ftp://token@h/', 'http://•••@h/ and ftp://•••@h/'],
  ['http://a@b@h/', 'http://•••@h/'],
  ['qemu+ssh://root@h/system', 'qemu+ssh://root@h/system'],
  ['xen+libssh2://root@h:22/', 'xen+libssh2://root@h:22/'],
  ['qemu+ssh://root:secret@h/system', 'qemu+ssh://•••@h/system'],
  ['qemu+ssh://root@secret@h/system', 'qemu+ssh://•••@h/system'],
  ['qemu+tls://token@h/system', 'qemu+tls://•••@h/system'],
  ['ssh://token@h/', 'ssh://•••@h/'],
  ['nobody@h and http://h/', 'nobody@h and http://h/'],
])('%s is shown as %s', (text, shown) => {
  expect(redactUrls(text)).toBe(shown);
});

test('where columns count, each hidden character stays one', () => {
  expect(maskUrls('http://user:x@h/ qemu+ssh://root@h/')).toBe('http://••••••@h/ qemu+ssh://root@h/');
});
