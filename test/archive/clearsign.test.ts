import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCleartextMessage,
  enums,
  generateKey,
  type PublicKey,
  reformatKey,
  revokeKey,
  sign,
} from 'openpgp';
import { describe, expect, it } from 'vitest';
import { splitClearsigned, verifyClearsigned } from '../../src/archive/clearsign.js';
import { loadKeyring } from '../../src/archive/keyring.js';
import { clearsign, failure, makeKey, readPublic, temporaryDirectory } from './support.js';

const url = 'http://mirror.example/debian/dists/trixie/InRelease';
const signedAt = new Date('2026-06-01T00:00:00Z');
const now = new Date('2026-06-15T00:00:00Z');
const text = 'Origin: Test\nCodename: trixie';

const fixture = await readFile(new URL('fixtures/InRelease', import.meta.url));
const fixtureNow = new Date('2026-11-22T00:00:00Z');

const verify = (file: Buffer, keys: readonly PublicKey[], at = now): Promise<string> =>
  verifyClearsigned(url, file, keys, at);

const codeOf = async (file: Buffer, keys: readonly PublicKey[], at = now): Promise<string> =>
  (await failure(verify(file, keys, at))).code;

const gpgv = async (keys: readonly PublicKey[], ...files: Buffer[]): Promise<boolean> => {
  const directory = await temporaryDirectory();
  const keyring = join(directory, 'keyring.gpg');
  await writeFile(keyring, Buffer.concat(keys.map((key) => key.write())));
  const paths = await Promise.all(
    files.map(async (file, at) => {
      await writeFile(join(directory, `${at}`), file);
      return join(directory, `${at}`);
    }),
  );
  try {
    execFileSync('gpgv', ['--keyring', keyring, ...paths], {
      stdio: 'pipe',
      env: { ...process.env, GNUPGHOME: directory },
    });
    return true;
  } catch {
    return false;
  }
};

describe("Debian's own InRelease", () => {
  it('is accepted with the shipped keyring, by us and by gpgv', async () => {
    const keys = await loadKeyring('debian.asc');
    const signed = await verify(fixture, keys, fixtureNow);
    expect(signed).toMatch(/^Origin: Debian\n[\s\S]*\nCodename: trixie\n[\s\S]*[^\n]\n$/);
    expect(await gpgv(keys, fixture)).toBe(true);
  });

  it('each of its three signatures is enough', async () => {
    const keys = await loadKeyring('debian.asc');
    const signers = keys.filter(({ users }) =>
      /Archive Automatic.*(12|13)|Stable Release Key \(13/.test(users[0]!.userID!.userID),
    );
    const used = signers.filter(({ users }) => !users[0]!.userID!.userID.includes('Security'));
    expect(used).toHaveLength(3);
    for (const key of used) expect(await verify(fixture, [key], fixtureNow)).toContain('Codename: trixie');
  });

  it('splits into a Release and a Release.gpg that gpgv accepts', async () => {
    const keys = await loadKeyring('debian.asc');
    const { release, signature } = splitClearsigned(fixture);
    expect(`${release}\n`).toBe(await verify(fixture, keys, fixtureNow));
    expect(await gpgv(keys, signature, release)).toBe(true);
  });

  it('is refused when one character differs, by us and by gpgv', async () => {
    const keys = await loadKeyring('debian.asc');
    const changed = Buffer.from(fixture);
    changed[fixture.indexOf('Version: 13.8') + 12] = '9'.charCodeAt(0);
    expect(await codeOf(changed, keys, fixtureNow)).toBe('VAPP_ARCHIVE_TAMPERED');
    expect(await gpgv(keys, changed)).toBe(false);
  });
});

describe('the judgement', () => {
  it('returns the signed text alone, dashes unescaped', async () => {
    const key = await makeKey();
    const file = await clearsign('- one\n-----two-----\nthree', [key], signedAt);
    expect(await verify(file, [await readPublic(key)])).toBe('- one\n-----two-----\nthree\n');
    expect(`${splitClearsigned(file).release}`).toBe('- one\n-----two-----\nthree');
  });

  it('bears line ends of another kind', async () => {
    const key = await makeKey();
    const file = Buffer.from((await clearsign(text, [key], signedAt)).toString().replaceAll('\n', '\r\n'));
    expect(await verify(file, [await readPublic(key)])).toBe(`${text}\n`);
  });

  it('of a key that had expired when it signed: refused', async () => {
    const key = await makeKey();
    const { publicKey } = await reformatKey({
      privateKey: key.secret,
      userIDs: [{ name: 'short' }],
      keyExpirationTime: 30 * 86_400,
      date: new Date('2026-01-01'),
      format: 'object',
    });
    expect(await codeOf(await clearsign(text, [key], signedAt), [publicKey])).toBe(
      'VAPP_ARCHIVE_KEY_EXPIRED',
    );
    expect(await verify(await clearsign(text, [key], new Date('2026-01-20')), [publicKey])).toContain(
      'trixie',
    );
  });

  it('of a key whose own signature was renewed since: accepted, as by gpgv', async () => {
    const key = await makeKey();
    const file = await clearsign(text, [key], signedAt);
    const { publicKey } = await reformatKey({
      privateKey: key.secret,
      userIDs: [{ name: 'renewed' }],
      date: new Date('2026-06-10'),
      format: 'object',
    });
    expect(await verify(file, [publicKey])).toContain('trixie');
    expect(await gpgv([publicKey], file)).toBe(true);
  });

  it('of a revoked key: refused', async () => {
    const key = await makeKey();
    const file = await clearsign(text, [key], signedAt);
    const { publicKey } = await revokeKey({
      key: key.secret,
      date: new Date('2026-05-01'),
      format: 'object',
    });
    expect(await codeOf(file, [publicKey])).toBe('VAPP_ARCHIVE_KEY_EXPIRED');
  });

  it('of a weak hash: refused', async () => {
    const key = await makeKey();
    const sha1 = { preferredHashAlgorithm: enums.hash.sha1, nonDeterministicSignaturesViaNotation: false };
    const { privateKey } = await generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'weak' }],
      date: new Date('2026-01-01'),
      format: 'object',
      config: sha1,
    });
    const file = await sign({
      message: await createCleartextMessage({ text }),
      signingKeys: privateKey,
      date: signedAt,
      config: sha1,
    });
    expect(file).toContain('Hash: SHA1');
    expect(await codeOf(Buffer.from(file), [privateKey.toPublic()])).toBe('VAPP_ARCHIVE_WEAK_SIGNATURE');
    expect(await codeOf(Buffer.from(file), [await readPublic(key)])).toBe('VAPP_ARCHIVE_UNKNOWN_KEY');
  });

  it('of an empty or a cut signature: refused', async () => {
    const key = await makeKey();
    const whole = await clearsign(text, [key], signedAt);
    const keys = [await readPublic(key)];
    const head = whole.subarray(0, whole.indexOf('-----BEGIN PGP SIGNATURE-----'));
    expect(await codeOf(head, keys)).toBe('VAPP_ARCHIVE_UNSIGNED');
    expect(await codeOf(whole.subarray(0, whole.length - 60), keys)).toBe('VAPP_ARCHIVE_TAMPERED');
    expect(await codeOf(Buffer.alloc(0), keys)).toBe('VAPP_ARCHIVE_UNSIGNED');
  });

  it('lets no second message ride along', async () => {
    const key = await makeKey();
    const stranger = await makeKey();
    const good = await clearsign(text, [key], signedAt);
    const bad = await clearsign('Codename: evil', [stranger], signedAt);
    const keys = [await readPublic(key)];
    expect(await verify(Buffer.concat([good, bad]), keys)).not.toContain('evil');
    expect(await codeOf(Buffer.concat([bad, good]), keys)).toBe('VAPP_ARCHIVE_UNKNOWN_KEY');
  });
});

describe('loadKeyring', () => {
  it('ships the keys of Debian 12 and 13', async () => {
    const names = (await loadKeyring('debian.asc')).map(({ users }) => users[0]!.userID!.userID);
    for (const release of ['12/bookworm', '13/trixie'])
      expect(names.filter((name) => name.includes(`(${release})`))).toHaveLength(3);
  });

  it('reads several blocks in one file', async () => {
    const [one, other] = [await makeKey(), await makeKey()];
    const path = join(await temporaryDirectory(), 'keys.asc');
    await writeFile(path, `a comment\n${one.public}\nanother\n${other.public}`);
    expect((await loadKeyring(path)).map((key) => key.getFingerprint())).toEqual([
      one.secret.getFingerprint(),
      other.secret.getFingerprint(),
    ]);
  });

  it('never keeps a secret key', async () => {
    const { secret } = await makeKey();
    expect(await failure(loadKeyring(secret.armor()))).toMatchObject({ code: 'VAPP_ARCHIVE_BAD_KEYRING' });
  });
});
