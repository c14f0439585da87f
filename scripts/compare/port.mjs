import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { readTar } from '../../dist/archive/tar.js';
import { readCpio } from '../../dist/installer/index.js';

/** The packed answers out of what came over the port. Throws when the guest failed, or said less than everything. */
export const unwrap = (text) => {
  const failure = /^INVENTORY failed: (.*)$/m.exec(text.replaceAll('\r', ''));
  if (failure) throw new Error(`the guest could not look at the disk: ${failure[1]}`);
  const [, sum, body] =
    /INVENTORY begin ([0-9a-f]{64})\n([\s\S]*)\nINVENTORY end/.exec(text.replaceAll('\r', '')) ?? [];
  if (sum === undefined) throw new Error('the guest ended before it had told everything');
  const packed = Buffer.from(body, 'base64');
  if (createHash('sha256').update(packed).digest('hex') !== sum)
    throw new Error('what came over the port is damaged');
  return packed;
};

const unpackTar = async (bytes) => {
  const files = new Map();
  for await (const entry of readTar(Readable.from([bytes]), 'gz'))
    if (entry.type === 'file') files.set(entry.name, await entry.content());
  return files;
};

/** { answers, texts }, file name -> text: what readInventory takes. */
export const unpack = async (packed) => {
  const files = await unpackTar(packed);
  const answers = new Map([...files].map(([name, data]) => [name, data.toString('utf8')]));
  const entries = readCpio(files.get('texts') ?? Buffer.alloc(0));
  const texts = new Map(
    entries.map(({ path, data = Buffer.alloc(0) }) => [`/${path}`, Buffer.from(data).toString('utf8')]),
  );
  return { answers, texts };
};
