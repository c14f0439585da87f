import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitClearsigned } from '../../src/archive/clearsign.js';
import { type BuildKey, createBuildKey } from '../../src/archive/sign.js';

const directory = mkdtempSync(join(tmpdir(), 'vapp-sign-'));
const file = (name: string, data?: string | Uint8Array): string => {
  const path = join(directory, name);
  if (data !== undefined) writeFileSync(path, data);
  return path;
};
const now = new Date('2026-11-24T12:00:00Z');
const text = 'Origin: Debian\nDescription: ends in blanks \t\n- starts with a dash\n\nSHA256:\n 00 1 x\n';
let key: BuildKey;

const gpgv = (...args: string[]) =>
  execa('gpgv', ['--status-fd', '1', '--homedir', directory, '--keyring', file('key.gpg'), ...args], {
    env: { LC_ALL: 'C' },
  });

beforeAll(async () => {
  key = await createBuildKey(now);
  file('key.gpg', key.publicKey);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('createBuildKey', () => {
  it('clear-signs so that gpgv accepts it and gives the text back', async () => {
    const { stdout } = await gpgv('--output', file('out'), file('InRelease', await key.clearSign(text)));
    expect(stdout).toContain('GOODSIG');
  });

  it('signs with SHA-512 and the old Ed25519, a day back', async () => {
    const { stdout } = await gpgv(file('InRelease', await key.clearSign(text)));
    // VALIDSIG fingerprint date time expiry version reserved algorithm hash class: doc/DETAILS of GnuPG.
    const fields =
      stdout
        .split('\n')
        .find((line) => line.includes('VALIDSIG'))
        ?.split(' ') ?? [];
    expect(Number(fields[4])).toBe(now.getTime() / 1000 - 24 * 3600);
    expect(fields.slice(8, 11)).toEqual(['22', '10', '01']);
  });

  it('makes detached signatures that gpgv accepts, for this text alone', async () => {
    const bytes = Buffer.from(text);
    const signature = file('Release.gpg', await key.detachSign(bytes));
    expect((await gpgv(signature, file('Release', bytes))).stdout).toContain('GOODSIG');
    await expect(gpgv(signature, file('Other', `${text}more\n`))).rejects.toThrow('BADSIG');
  });

  it('gives an InRelease that splits into a pair, as debootstrap splits it', async () => {
    const pair = splitClearsigned(Buffer.from(await key.clearSign(text)));
    const { stdout } = await gpgv(file('Pair.gpg', pair.signature), file('Pair', pair.release));
    expect(stdout).toContain('GOODSIG');
  });

  it('makes another key each time', async () => {
    const other = await createBuildKey(now);
    expect(other.publicKey.equals(key.publicKey)).toBe(false);
  });
});
