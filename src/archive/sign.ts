import type { PartialConfig } from 'openpgp';

/** Loaded late: commands that sign nothing shall start quickly. */
const loadOpenpgp = () => import('openpgp');

/** A signing key that lives for one build. Its secret half is held in memory alone. */
export interface BuildKey {
  /** Public key as a binary keyring, as gpgv and apt's trusted.gpg.d take it. */
  publicKey: Buffer;
  /** InRelease of a Release text. */
  clearSign(text: string): Promise<string>;
  /** Release.gpg of a Release file: an armoured detached signature. */
  detachSign(bytes: Uint8Array): Promise<string>;
}

/**
 * The guest's clock may be off, above all when a host keeps its hardware clock in local time, and apt's sqv takes no signature from
 * the future. Nothing distinguishes a key made yesterday.
 */
const backdateMilliseconds = 24 * 3600 * 1000;

/** SHA-512 is what apt's sqv accepts longest; salt notations are of no use in a signature that is read once. */
const config = (sha512: number): PartialConfig => ({
  preferredHashAlgorithm: sha512,
  nonDeterministicSignaturesViaNotation: false,
  showComment: false,
  showVersion: false,
});

const unixLines = (text: string): string => text.replaceAll('\r\n', '\n');

/** Text as the cleartext framework signs it (RFC 9580, 7.2): no blanks at a line's end, no newline at the text's. */
const cleartext = (text: string): string => text.replace(/[ \t\r]+$/gm, '').replace(/\n+$/, '');

/** Makes a key without a pass phrase. Keys and signatures are dated a day back from `now`. */
export const createBuildKey = async (now: Date = new Date()): Promise<BuildKey> => {
  const { createCleartextMessage, createMessage, enums, generateKey, sign } = await loadOpenpgp();
  const date = new Date(now.getTime() - backdateMilliseconds);
  const common = { date, config: config(enums.hash.sha512) };
  const { privateKey, publicKey } = await generateKey({
    ...common,
    // The old Ed25519 (algorithm 22, EdDSALegacy of RFC 9580): gpgv 2.2 knows no other.
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'install archive of one build', email: 'build@localhost' }],
    subkeys: [],
    format: 'object',
  });
  return {
    publicKey: Buffer.from(publicKey.write()),
    async clearSign(text) {
      const message = await createCleartextMessage({ text: cleartext(text) });
      return unixLines(await sign({ ...common, message, signingKeys: privateKey }));
    },
    async detachSign(bytes) {
      const message = await createMessage({ binary: bytes });
      return unixLines(String(await sign({ ...common, message, signingKeys: privateKey, detached: true })));
    },
  };
};
