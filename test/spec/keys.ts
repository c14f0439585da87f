/** Public keys made for tests: right in form, their private halves do not exist. */

const field = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

/** An authorized_keys line of a type; the blob names `inside`, which a good key does not contradict. */
export const publicKey = (type: string, comment = 'ann@example', inside = type): string =>
  `${type} ${Buffer.concat([field(inside), field(Buffer.alloc(32, 7))]).toString('base64')} ${comment}`;
