import { describe, expect, it } from 'vitest';
import { debootstrapSet } from '../../src/archive/base-set.js';
import { makeIndex } from './doubles.js';

const index = await makeIndex([
  { Package: 'libc6', Priority: 'required', Depends: 'libgcc (>= 1), virtual' },
  { Package: 'libgcc', Priority: 'optional' },
  { Package: 'dpkg', Priority: 'required', 'Pre-Depends': 'libc6, tar:any' },
  { Package: 'tar' },
  { Package: 'init', Priority: 'important', Depends: 'none | systemd, second | third, libc6' },
  { Package: 'systemd' },
  { Package: 'third' },
  { Package: 'cron', Priority: 'important', Depends: 'usrmerge', Recommends: 'exim' },
  { Package: 'usrmerge' },
  { Package: 'exim' },
  { Package: 'provider', Provides: 'virtual' },
  { Package: 'firmware', Section: 'non-free-firmware/kernel', Priority: 'required' },
  { Package: 'ca-certificates', Depends: 'openssl' },
  { Package: 'openssl' },
]);

describe('debootstrapSet', () => {
  it('resolves first alternatives that are real packages, nothing recommended or provided', async () => {
    expect(await debootstrapSet(index)).toEqual({
      required: ['dpkg', 'libc6', 'libgcc', 'tar'],
      base: ['cron', 'init'],
    });
  });

  it('adds certificates for an https mirror', async () => {
    expect((await debootstrapSet(index, { https: true })).base).toEqual([
      'ca-certificates',
      'cron',
      'init',
      'openssl',
    ]);
  });

  it('includes and excludes names before it resolves', async () => {
    expect((await debootstrapSet(index, { include: ['exim'], exclude: ['cron', 'exim'] })).base).toEqual([
      'init',
    ]);
    expect((await debootstrapSet(index, { include: ['exim', 'systemd'] })).base).toEqual([
      'cron',
      'exim',
      'init',
      'systemd',
    ]);
  });
});
