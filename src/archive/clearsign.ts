import type { CleartextMessage, PublicKey } from 'openpgp';
import type { VappError } from '../errors.js';
import {
  fromTheFuture,
  keyExpired,
  notAnArchive,
  tampered,
  unknownKey,
  unsigned,
  weakSignature,
} from './errors.js';

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const signatureBegin = '\n-----BEGIN PGP SIGNATURE-----';

const looksLikeHtml = (text: string): boolean => /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);

/** How far ahead another machine's clock may be, as in apt: apt.conf(5), Acquire::Max-FutureTime. In milliseconds. */
export const clockSkew = 10_000;

type Refusal = 'unknown' | 'weak' | 'future' | 'key' | 'bad';

// openpgp 6 tells its refusals apart by their texts alone; what is not known here counts as the worst, a bad signature.
const refusalTexts: readonly (readonly [Refusal, RegExp])[] = [
  ['unknown', /^Could not find signing key with key ID/],
  ['weak', /^Insecure (?:message )?hash algorithm|keys shorter than|keys are considered too weak/],
  ['future', /^Signature creation time is in the future$/],
  [
    'key',
    /^Could not find valid signing key packet|^Key is newer than the signature|primary key is (?:expired|revoked|invalid)/i,
  ],
];

const classify = (error: unknown): Refusal => {
  const message = error instanceof Error ? error.message : '';
  return refusalTexts.find(([, text]) => text.test(message))?.[0] ?? 'bad';
};

interface Judged {
  key: string;
  refusal?: Refusal;
  error?: unknown;
  made?: Date;
}

type Verification = Awaited<ReturnType<CleartextMessage['verify']>>[number];

const judge = async ({ keyID, verified, signature }: Verification): Promise<Judged> => {
  const key = keyID.toHex().toUpperCase();
  try {
    await verified;
    return { key };
  } catch (error) {
    const made = (await signature).packets[0]?.created;
    return { key, refusal: classify(error), error, ...(made ? { made } : {}) };
  }
};

const refuse = (url: string, judged: readonly Judged[], now: Date): VappError => {
  const of = (refusal: Refusal): Judged[] => judged.filter((one) => one.refusal === refusal);
  const names = (ones: readonly Judged[]): string[] => [...new Set(ones.map(({ key }) => key))];
  const [bad] = of('bad');
  if (bad) return tampered(url, bad.error);
  const [key] = of('key');
  if (key) return keyExpired(url, names(of('key')), key.error);
  const [weak] = of('weak');
  if (weak) return weakSignature(url, weak.error);
  const [future] = of('future');
  if (future?.made) return fromTheFuture(url, future.made, now);
  return unknownKey(url, names(judged));
};

const readSigned = async (url: string, text: string): Promise<CleartextMessage> => {
  const { readCleartextMessage } = await import('openpgp');
  try {
    return await readCleartextMessage({ cleartextMessage: text });
  } catch (error) {
    throw tampered(url, error);
  }
};

// Who prolongs a key publishes it with a new self-signature alone; what it signed before stays good, as for gpgv.
const renewedKeys = { allowInsecureVerificationWithReformattedKeys: true };

/**
 * The text that a clear-signed file (InRelease) vouches for; lines are ended by `\n`, blanks at their ends are gone.
 * One good signature by a key of the keyring is enough; the key must have been valid when it was made.
 * Throws VAPP_ARCHIVE_UNSIGNED, _NOT_AN_ARCHIVE, _TAMPERED, _UNKNOWN_KEY, _KEY_EXPIRED, _WEAK_SIGNATURE, _FROM_FUTURE.
 */
export const verifyClearsigned = async (
  url: string,
  file: Buffer,
  keys: readonly PublicKey[],
  now: Date,
): Promise<string> => {
  const text = file.toString('utf8').replaceAll('\r\n', '\n');
  if (looksLikeHtml(text)) throw notAnArchive(url);
  if (!text.startsWith(`${begin}\n`) || !text.includes(signatureBegin)) throw unsigned(url);
  const { config } = await import('openpgp');
  const message = await readSigned(url, text);
  const date = new Date(now.getTime() + clockSkew);
  const judged = await Promise.all(
    (await message.verify([...keys], date, { ...config, ...renewedKeys })).map(judge),
  );
  if (judged.length === 0) throw unsigned(url);
  if (judged.some(({ refusal }) => refusal === undefined)) return `${message.getText()}\n`;
  throw refuse(url, judged, now);
};

/**
 * Splits a verified InRelease into the Release and Release.gpg that it stands for: the signed text without its last newline
 * (RFC 9580 section 7.2: it belongs to the framework), and the armoured signature.
 */
export const splitClearsigned = (file: Buffer): { release: Buffer; signature: Buffer } => {
  const text = file.toString('latin1').replaceAll('\r\n', '\n');
  const start = text.indexOf('\n\n') + 2;
  const end = text.indexOf(signatureBegin, start);
  return {
    release: Buffer.from(text.slice(start, end).replaceAll(/^- /gm, ''), 'latin1'),
    signature: Buffer.from(text.slice(end + 1), 'latin1'),
  };
};
