import { describe, expect, it } from 'vitest';
import { checkPreseed } from '../../src/installer/check-preseed.js';
import type { Template } from '../../src/installer/templates.js';

const templates: Template[] = [
  { name: 'netcfg/hostname', type: 'string', component: 'netcfg' },
  { name: 'passwd/make-user', type: 'boolean', component: 'user-setup-udeb' },
  { name: 'time/zone', type: 'select', component: 'tzsetup-udeb' },
  { name: 'partman-auto/choose_recipe', type: 'select', component: 'partman-auto' },
  { name: 'nobootloader/confirmation_common', type: 'note', component: 'nobootloader' },
  { name: 'passwd/root-password', type: 'password', component: 'user-setup-udeb' },
];

const check = (line: string) => {
  const [owner = '', question = '', type = ''] = line.split(' ');
  const locate = (from: string) =>
    from === 'preseed[3]' ? { file: 'web.yaml', line: 7, column: 5 } : undefined;
  return checkPreseed([{ owner, question, type, from: 'preseed[3]' }], templates, locate);
};

describe('checkPreseed', () => {
  it.each([
    'd-i netcfg/hostname string',
    'd-i time/zone string',
    'd-i netcfg/hostname select',
    'd-i nobootloader/confirmation_common error',
    'd-i passwd/make-user seen',
    'd-i apt-setup/local0/repository string',
    'd-i apt-setup/local12/key string',
    'grub-pc grub-pc/install_devices multiselect',
    'tasksel tasksel/first multiselect',
    'netcfg netcfg/hostname string',
  ])('takes %s', (line) => {
    expect(check(line)).toEqual([]);
  });

  it.each([
    ['d-i netcfg/hostnam string', 'Did you mean netcfg/hostname?'],
    ['d-i partman/choose_recipe select', 'Did you mean partman-auto/choose_recipe?'],
    ['d-i nothing/like_it string', 'Remove the line.'],
    ['netcfg netcfg/hostnam string', 'Did you mean netcfg/hostname?'],
    ['d-i apt-setup/local0/repositry string', 'Remove the line.'],
  ])('refuses the unknown question of %s', (line, hint) => {
    const [error, ...others] = check(line);
    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: 'VAPP_PRESEED_QUESTION', hint, at: { file: 'web.yaml', line: 7 } });
    expect(error?.message).toContain(line.split(' ')[1]);
    expect(error?.message).toContain('preseed[3]');
  });

  it.each([
    ['d-i passwd/make-user string', 'boolean'],
    ['d-i netcfg/hostname boolean', 'string'],
    ['d-i passwd/root-password string', 'password'],
    ['d-i nobootloader/confirmation_common string', 'note'],
    ['grub-pc passwd/make-user string', 'boolean'],
  ])('refuses the type of %s', (line, declared) => {
    const [error] = check(line);
    expect(error).toMatchObject({ code: 'VAPP_PRESEED_TYPE', at: { line: 7 } });
    expect(error?.hint).toContain(` ${declared} VALUE`);
  });

  it('gives all errors at once', () => {
    const bad = ['a/b', 'c/d'].map((question) => ({ owner: 'd-i', question, type: 'string', from: 'vapp' }));
    expect(checkPreseed(bad, templates).map(({ at }) => at)).toEqual([undefined, undefined]);
  });
});
