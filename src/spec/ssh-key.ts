/** Public key types that OpenSSH 9 and 10 accept in authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT); DSA is gone. Best first. */
const types = [
  'ssh-ed25519',
  'sk-ssh-ed25519@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
] as const;

/** A word, or options with quoted blanks: `command="/bin/ls -l",no-pty`. */
const field = /(?:"(?:\\.|[^"\\])*"|[^\s"])+/g;

const base64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2}==$/;

interface Parts {
  type: string;
  blob: string;
}

const partsOf = (line: string): Parts | undefined => {
  const fields = line.match(field) ?? [];
  const at = fields.slice(0, 2).findIndex((word) => /^(ssh|ecdsa|sk)-[a-z0-9@.-]+$/.test(word));
  return at < 0 ? undefined : { type: fields[at]!, blob: fields[at + 1] ?? '' };
};

/** Whether a text looks like the text of a key rather than the path of one. */
export const looksLikeKey = (text: string): boolean =>
  /\sAAAA|PRIVATE KEY/.test(text) || partsOf(text) !== undefined;

export const isPrivateKey = (text: string): boolean => /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text);

/** Type named at the beginning of a key blob: a string with its length in four bytes before (RFC 4253, section 6.6). */
const typeInBlob = (blob: Buffer): string | undefined => {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return length <= 64 && blob.length > 4 + length ? blob.toString('latin1', 4, 4 + length) : undefined;
};

/** Why a line is no key that sshd accepts in authorized_keys; undefined for a good one. */
export const sshKeyProblem = (line: string): string | undefined => {
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return 'a key is one line without control characters';
  const parts = partsOf(line);
  if (!parts) return `it names no key type, such as ${types[0]}`;
  if (parts.type === 'ssh-dss') return 'OpenSSH 10 no longer knows DSA keys';
  if (!(types as readonly string[]).includes(parts.type))
    return `${parts.type} is no key type of authorized_keys`;
  if (!base64.test(parts.blob)) return 'the part after the type is not base64';
  const inside = typeInBlob(Buffer.from(parts.blob, 'base64'));
  if (inside === undefined) return 'the key is cut off';
  return inside === parts.type
    ? undefined
    : `the line says ${parts.type}, the key itself ${inside.replace(/[^\x20-\x7e]/g, '?')}`;
};

/** The key of several that a person would want used: Ed25519 before ECDSA before RSA, else the first. */
export const preferredKey = <K extends { line: string }>(keys: readonly K[]): K | undefined => {
  const rank = (key: K): number => (types as readonly string[]).indexOf(partsOf(key.line)?.type ?? '');
  return keys.filter((key) => sshKeyProblem(key.line) === undefined).sort((a, b) => rank(a) - rank(b))[0];
};
