import { describe, expect, it } from 'vitest';
import { readMenu } from '../../../src/verify/boot/menu.js';
import { grubConfig, rootUuid } from '../disk-image.js';

describe('readMenu', () => {
  it('reads what grub-mkconfig writes', () => {
    expect(readMenu(grubConfig())).toEqual({
      snippets: false,
      entries: [
        {
          title: 'Debian GNU/Linux',
          search: rootUuid,
          kernel: '/boot/vmlinuz-6.12',
          initrds: ['/boot/initrd.img-6.12'],
          root: `UUID=${rootUuid}`,
        },
      ],
    });
  });

  it('keeps the root of one entry out of the next', () => {
    const text = `
      search --fs-uuid --set=root aaaa-1111
      menuentry "one" { # a comment
        set root='hd0,gpt2'
        linux /one root=/dev/x
      }
      submenu 'more' {
        menuentry 'two' --id 'two' {
          linuxefi ($root)/two
          initrdefi /two.img "/with a blank" $more
        }
        menuentry 'three' {
          search --label --set=root SYSTEM
          linux16 \${root}/three
        }
      }
      menuentry 'four' {
        linux (hd1,msdos1)/four
      }`;
    expect(readMenu(text).entries).toEqual([
      { title: 'one', search: 'hd0,gpt2', kernel: '/one', initrds: [], root: '/dev/x' },
      { title: 'two', search: 'aaaa-1111', kernel: '/two', initrds: ['/two.img', '/with a blank', '$more'] },
      { title: 'three', search: 'search --label --set=root SYSTEM', kernel: '/three', initrds: [] },
      { title: 'four', search: 'aaaa-1111', kernel: '/four', initrds: [] },
    ]);
  });

  it.each([
    ["search.fs_uuid 1234 root hd0,gpt2\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"],
    ["search --fs-uuid --set=root 1234\nset prefix=(${root})'/boot/grub'\nnormal ${prefix}/grub.cfg\n"],
    ['search -u --set 1234\nconfigfile ($root)/boot/grub/grub.cfg'],
  ])('follows a menu that leads to another', (text) => {
    expect(readMenu(text).next).toEqual({ search: '1234', path: '/boot/grub/grub.cfg' });
  });

  it('sees that entries come from elsewhere', () => {
    expect(readMenu('insmod blscfg\nblscfg\n')).toEqual({ entries: [], snippets: true });
  });

  it('makes nothing of what is no menu', () => {
    for (const text of ['', '\0\0', "menuentry 'x", 'constructor toString', '}}}\n}', 'linux'.repeat(9)])
      expect(readMenu(text).entries).toEqual([]);
  });

  it('does not read on for ever', () => {
    expect(readMenu('linux /x\n'.repeat(5000)).entries).toHaveLength(1000);
  });
});
