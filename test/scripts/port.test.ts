import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { unpack, unwrap } from '../../scripts/compare/port.mjs';
import { fileType, writeCpio } from '../../src/installer/cpio.js';

const framed = (bytes: Buffer, sum = createHash('sha256').update(bytes).digest('hex')): string => {
  const body = bytes.toString('base64').replace(/.{76}/g, '$&\n');
  return `noise\nINVENTORY begin ${sum}\n${body}\nINVENTORY end\n`;
};

describe('what comes over the port', () => {
  const bytes = Buffer.from('x'.repeat(200));

  test('is unwrapped whatever the line ends are', () => {
    expect(unwrap(framed(bytes))).toEqual(bytes);
    expect(unwrap(framed(bytes).replaceAll('\n', '\r\n'))).toEqual(bytes);
  });

  test.each([
    ['cut short', framed(bytes).slice(0, -10), 'before it had told everything'],
    ['damaged', framed(bytes, '0'.repeat(64)), 'is damaged'],
    ['a failure', 'INVENTORY failed: no disk\r\n', 'no disk'],
  ])('%s is an error', (_, text, message) => {
    expect(() => unwrap(text)).toThrow(message);
  });
});

test('answers and texts are read from the archive', async () => {
  const texts = writeCpio([
    { path: 'etc/fstab', mode: fileType.file | 0o644, data: Buffer.from('UUID=1\n') },
  ]);
  const tar = pack();
  tar.entry({ name: './packages' }, 'p\t1\tii\n');
  tar.entry({ name: './texts' }, texts);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const read = await unpack(gzipSync(Buffer.concat(chunks)));
  expect(read.answers.get('packages')).toBe('p\t1\tii\n');
  expect(read.texts).toEqual(new Map([['/etc/fstab', 'UUID=1\n']]));
});
