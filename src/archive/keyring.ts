import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PublicKey } from 'openpgp';
import { badKeyring } from './errors.js';

const shipped = (name: string): string =>
  fileURLToPath(new URL(`../../src/archive/keyrings/${name}`, import.meta.url));

const isText = (keyring: string): boolean => keyring.includes('-----BEGIN PGP');

const block = /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g;

/**
 * Reads armoured public keys: a shipped keyring by its file name, a path with a slash in it, or the text itself;
 * several blocks in one file are all read. Throws VAPP_ARCHIVE_BAD_KEYRING.
 */
export const loadKeyring = async (keyring: string): Promise<PublicKey[]> => {
  const name = isText(keyring) ? 'given as text' : keyring;
  try {
    const { readKeys } = await import('openpgp');
    const path = keyring.includes('/') ? keyring : shipped(keyring);
    const text = isText(keyring) ? keyring : await readFile(path, 'utf8');
    const blocks = text.match(block);
    if (!blocks) throw new Error('it holds no armoured public key');
    const keys = await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })));
    return keys.flat().map((key) => key.toPublic());
  } catch (error) {
    throw badKeyring(name, error);
  }
};
