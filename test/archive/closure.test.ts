import { describe, expect, it } from 'vitest';
import { relationNames, strictClosure, supersetClosure } from '../../src/archive/closure.js';
import { makeIndex } from './doubles.js';

const names = (set: Iterable<string>): string[] => [...set].sort();

describe('relationNames', () => {
  it('drops versions and qualifiers and keeps the order of alternatives', () => {
    expect(relationNames('perl:any (>= 5), a [amd64] | b (<< 2~) ,c')).toEqual([['perl'], ['a', 'b'], ['c']]);
  });
});

describe('supersetClosure', async () => {
  const index = await makeIndex([
    { Package: 'libc6', Priority: 'required' },
    { Package: 'cron', Priority: 'important', Depends: 'libc6, mail-agent', Recommends: 'exim | postfix' },
    { Package: 'web', 'Pre-Depends': 'early', Depends: 'libssl | libgnutls', Suggests: 'web-doc' },
    ...['early', 'libssl', 'libgnutls', 'web-doc', 'exim', 'postfix', 'unrelated'].map((Package) => ({
      Package,
    })),
    ...['ma1', 'ma2', 'ma3', 'ma4'].map((Package) => ({ Package, Provides: 'mail-agent (= 1)' })),
    { Package: 'ma0', Priority: 'extra', Provides: 'mail-agent' },
  ]);

  it('takes the base system, every alternative and recommendation, no suggestion', async () => {
    expect(names(await supersetClosure([index], { seeds: ['web'], providers: 0 }))).toEqual(
      names(['libc6', 'cron', 'exim', 'postfix', 'web', 'early', 'libssl', 'libgnutls']),
    );
  });

  it('takes the first providers of a virtual package, by priority and then by name', async () => {
    const found = await supersetClosure([index], { seeds: [], providers: 3 });
    expect(names(found).filter((name) => name.startsWith('ma'))).toEqual(['ma1', 'ma2', 'ma3']);
  });

  it('leaves names out, and what only they need', async () => {
    const found = await supersetClosure([index], { seeds: ['web'], leaveOut: new Set(['libssl', 'early']) });
    expect(found.has('libssl') || found.has('early')).toBe(false);
    expect(found.has('libgnutls')).toBe(true);
  });

  it('follows the dependencies of every version', async () => {
    const newer = await makeIndex([
      { Package: 'web', Version: '2', Depends: 'brand-new' },
      { Package: 'brand-new' },
    ]);
    const found = await supersetClosure([index, newer], { seeds: ['web'] });
    expect(found.has('brand-new') && found.has('libssl')).toBe(true);
  });

  it('ends on circles and on names that nothing answers to', async () => {
    const circle = await makeIndex([
      { Package: 'a', Depends: 'b, gone' },
      { Package: 'b', Depends: 'a' },
    ]);
    expect(names(await supersetClosure([circle], { seeds: ['a', 'nothing'] }))).toEqual(['a', 'b']);
  });
});

describe('strictClosure', async () => {
  const index = await makeIndex([
    { Package: 'web', Depends: 'gone | libssl | libgnutls, logger', Recommends: 'extra' },
    { Package: 'libssl' },
    { Package: 'libgnutls' },
    { Package: 'extra' },
    { Package: 'rsyslog', Provides: 'logger' },
    { Package: 'syslog-ng', Provides: 'logger', Priority: 'extra' },
  ]);

  it('takes the first alternative that exists and the likeliest provider', async () => {
    expect(names(await strictClosure([index], { names: ['web'] }))).toEqual(['libssl', 'rsyslog', 'web']);
  });

  it('takes nothing for what is installed already', async () => {
    const found = await strictClosure([index], { names: ['web'], installed: ['libgnutls', 'syslog-ng'] });
    expect(names(found)).toEqual(['libgnutls', 'syslog-ng', 'web']);
  });

  it('takes recommendations on demand', async () => {
    expect((await strictClosure([index], { names: ['web'], recommends: true })).has('extra')).toBe(true);
  });
});
