import { describe, expect, test } from 'vitest';
import { checkAnswers, checkPackages, seedsOf } from '../../../src/build/stages/checks.js';
import { type VappError, VappErrors } from '../../../src/errors.js';
import type { Kit } from '../../../src/installer/index.js';
import { compilePreseed } from '../../../src/preseed/index.js';
import { releases } from '../../../src/releases.js';
import { minimal, parse } from '../../spec/helpers.js';

const release = releases['debian-13']!;

const errorsOf = (check: () => void): readonly VappError[] => {
  try {
    check();
  } catch (error) {
    if (error instanceof VappErrors) return error.errors;
    throw error;
  }
  return [];
};

describe('packages', () => {
  const resolved = parse(minimal('packages: [nginx, ngnix, mail-transport-agent]'));

  test('those of the spec are seeds of the install archive', () => {
    expect(seedsOf(resolved, release)).toEqual(expect.arrayContaining(['nginx', 'ngnix']));
  });

  test('nothing is missing, nothing is said', () => {
    expect(errorsOf(() => checkPackages(resolved, release, { missing: [] }))).toEqual([]);
  });

  test('one that is missing is shown in the spec, with names that are near', () => {
    const missing = [{ name: 'ngnix', near: ['nginx', 'nginx-core'], reason: 'unknown' as const }];
    const [error, ...more] = errorsOf(() => checkPackages(resolved, release, { missing }));
    expect(more).toEqual([]);
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_PACKAGE',
      message: `there is no package ngnix in ${release.title}`,
      why: 'the archive does not list it',
      hint: 'did you mean nginx, nginx-core?',
      at: { file: '/specs/web.yaml', line: 3, column: 19 },
    });
  });

  test('one that a preseed line names is a seed too, and shown at that line', () => {
    const raw = parse(minimal("preseed: ['d-i pkgsel/include string nginx, ngnix=1.2']"));
    expect(seedsOf(raw, release)).toEqual(expect.arrayContaining(['nginx', 'ngnix=1.2', 'grub-pc']));
    const missing = [{ name: 'ngnix', near: ['nginx'], reason: 'unknown' as const }];
    const [error] = errorsOf(() => checkPackages(raw, release, { missing }));
    expect(error).toMatchObject({ code: 'VAPP_SPEC_PACKAGE', at: { line: 3, column: 11 } });
  });

  test('a virtual one is explained; all errors come at once', () => {
    const missing = [
      { name: 'ngnix', near: [], reason: 'unknown' as const },
      { name: 'mail-transport-agent', near: ['exim4', 'postfix'], reason: 'virtual' as const },
    ];
    const errors = errorsOf(() => checkPackages(resolved, release, { missing }));
    expect(errors.map(({ why, hint }) => [why, hint])).toEqual([
      ['the archive does not list it', undefined],
      ['it is a virtual package: name one that provides it', 'did you mean exim4, postfix?'],
    ]);
  });
});

describe('answers', () => {
  const resolved = parse(minimal('preseed: ["d-i no/such boolean true"]'));
  const lines = compilePreseed(resolved.appliance, { proxy: 'http://10.0.2.2:1', release });
  const kitOf = (questions: readonly { question: string; type: string }[]): Kit => ({
    kernel: '',
    initrd: '',
    kernelVersion: '6.12',
    digest: '',
    source: 'index' as Kit['source'],
    templates: questions.map(({ question, type }) => ({ name: question, type, component: 'c' }) as never),
  });

  test('all known: nothing is said', () => {
    expect(errorsOf(() => checkAnswers(resolved, lines, kitOf(lines)))).toEqual([]);
  });

  test('an unknown question of the spec is shown there', () => {
    const known = lines.filter(({ question }) => question !== 'no/such');
    const [error, ...more] = errorsOf(() => checkAnswers(resolved, lines, kitOf(known)));
    expect(more).toEqual([]);
    expect(error?.message).toContain('no/such');
    expect(error?.at).toMatchObject({ file: '/specs/web.yaml', line: 3 });
  });
});
