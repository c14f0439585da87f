import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VappErrors } from '../../src/errors.js';
import { compilePreseed, type PreseedLine, renderPreseed } from '../../src/preseed/index.js';
import type { Appliance } from '../../src/spec/appliance.js';
import { specKeys } from '../../src/spec/index.js';
import { appliance, options, sshKey } from './support.js';

const declared = new Map(
  readFileSync(new URL('debian-13-questions.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ').reverse() as [string, string]),
);

const compile = (more: Partial<Appliance> = {}): PreseedLine[] => compilePreseed(appliance(more), options);

const answer = (lines: PreseedLine[], question: string): PreseedLine | undefined =>
  lines.find((line) => line.question === question);

const rich: Partial<Appliance> = {
  locale: 'de_CH.UTF-8',
  keyboard: 'fr-latin9',
  timezone: 'Europe/Zurich',
  packages: ['nginx', 'g++'],
  users: [{ name: 'ann', sshKeys: [sshKey], sudo: true }],
  root: { passwordHash: '$6$abc$d/.', sshKeys: [] },
};

describe('compilePreseed', () => {
  it.each([
    ['a minimal appliance', {}],
    ['a rich one', rich],
  ])('answers only questions that the installer has, by their types: %s', (_, more) => {
    const own = compile(more).filter(({ owner }) => !['grub-pc', 'popularity-contest'].includes(owner));
    const wrong = own.filter(({ question, type }) => declared.get(question) !== type);
    expect(own.length).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['a minimal appliance', {}],
    ['a rich one', rich],
  ])('is accepted by debconf-set-selections: %s', (_, more) => {
    const text = renderPreseed(compile(more));
    const judge = spawnSync('debconf-set-selections', ['--checkonly'], { input: text, encoding: 'utf8' });
    // It only warns of a type that it does not know.
    expect([judge.status, judge.stderr]).toEqual([0, '']);
  });

  it('answers each question once and names a spec key or vapp for each', () => {
    const lines = compile({ preseed: ['d-i time/zone select Europe/Paris'] });
    const questions = lines.map(({ question }) => question);
    expect(new Set(questions).size).toBe(questions.length);
    const keys = Object.keys(specKeys);
    expect(
      lines.filter(({ from }) => from !== 'vapp' && !keys.includes(from.replace(/\[\d+\]$/, ''))),
    ).toEqual([]);
  });

  it('answers every question that the key table names', () => {
    const answered = new Set(compile().map(({ question }) => question));
    const named = Object.values(specKeys).flatMap(({ questions }) => questions as readonly string[]);
    expect(named.filter((question) => !answered.has(question))).toEqual([]);
  });

  it("lets the spec's lines win, the last one of several", () => {
    const lines = compile({
      preseed: ['d-i time/zone select Europe/Paris', 'd-i time/zone select Europe/Rome'],
    });
    expect(answer(lines, 'time/zone')).toMatchObject({ value: 'Europe/Rome', from: 'preseed[1]' });
  });

  it('keeps the other packages when a raw line names some', () => {
    const lines = compile({ packages: ['vim'], preseed: ['d-i pkgsel/include string nginx'] });
    expect(lines.filter(({ question }) => question === 'pkgsel/include')).toEqual([
      expect.objectContaining({ value: 'vim nginx grub-pc' }),
    ]);
  });

  it('speaks C to the installer and gives country and locale of the appliance', () => {
    const lines = compile({ locale: 'pt_BR.UTF-8' });
    const values = ['language', 'country', 'locale'].map(
      (q) => answer(lines, `debian-installer/${q}`)?.value,
    );
    expect(values).toEqual(['C', 'BR', 'pt_BR.UTF-8']);
  });

  it("lets the installed system's own keyboard setup see a layout that needs it", () => {
    const keymap = 'keyboard-configuration/xkb-keymap';
    expect(answer(compile(), keymap)).toMatchObject({ owner: 'd-i', value: 'us' });
    expect(answer(compile({ keyboard: 'fr-latin9' }), keymap)).toMatchObject({
      owner: 'keyboard-configuration',
      value: 'fr(latin9)',
    });
  });

  it.each([undefined, '!', '*'])(
    'locks root for the hash %j by a value that is not asked for again',
    (passwordHash) => {
      const root = { sshKeys: [], ...(passwordHash !== undefined && { passwordHash }) };
      expect(answer(compile({ root }), 'passwd/root-password-crypted')?.value).toBe('*');
    },
  );

  it('takes the disk that it is given', () => {
    const lines = compilePreseed(appliance(), { ...options, disk: '/dev/xvda' });
    expect(answer(lines, 'partman-auto/disk')?.value).toBe('/dev/xvda');
  });

  it('refuses what cannot be a line, all at once', () => {
    const make = () =>
      compile({
        hostname: 'web\nd-i preseed/late_command string id',
        domain: 'example.org\\',
        root: { passwordHash: 'a b;id', sshKeys: [] },
        preseed: ['nonsense'],
      });
    expect(make).toThrow(VappErrors);
    try {
      make();
    } catch (error) {
      const codes = (error as VappErrors).errors.map(({ code }) => code);
      expect(codes.sort()).toEqual([
        'VAPP_PRESEED_HASH',
        'VAPP_PRESEED_LINE',
        'VAPP_PRESEED_LINE',
        'VAPP_PRESEED_LINE',
        'VAPP_PRESEED_LINE',
      ]);
    }
  });
});
