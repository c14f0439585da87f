import { describe, expect, it } from 'vitest';
import { orderModules, readDependencies } from '../../src/bootloader/modules.js';
import { compressXz, makeModule } from './binaries.js';

const folder = 'usr/lib/modules/6.1/kernel';

const kernel = async () => ({
  files: new Map([
    [
      `${folder}/a.ko.xz`,
      await compressXz(await makeModule('license=GPL', 'depends=b-1,c', 'softdep=pre: d alias:x post: e')),
    ],
    [`${folder}/b-1.ko.xz`, await compressXz(await makeModule('depends=c'))],
    [`${folder}/c.ko`, await makeModule('depends=')],
    [`${folder}/d.ko`, await makeModule('depends=built_in')],
    [`${folder}/e.ko`, await makeModule('depends=gone')],
  ]),
  builtin: 'kernel/lib/built-in.ko\n',
});

describe('orderModules', () => {
  it('puts what a module depends on before it, once', async () => {
    const modules = await orderModules(['a', 'c', 'built_in'], await kernel());
    expect(modules.map(({ name }) => name)).toEqual(['d', 'c', 'b_1', 'a']);
    expect(modules.every(({ data }) => data.readUInt32BE(0) === 0x7f454c46)).toBe(true);
  });

  it('does not care how a name is written', async () => {
    expect((await orderModules(['b_1'], await kernel())).map(({ name }) => name)).toEqual(['c', 'b_1']);
  });

  it('names a module that is not there, and who asks for it', async () => {
    await expect(orderModules(['e'], await kernel())).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_MODULE',
      message: 'The kernel has no module gone',
      why: 'e depends on it.',
    });
    await expect(orderModules(['f'], await kernel())).rejects.toMatchObject({
      why: 'The finisher guest needs it.',
    });
  });
});

describe('readDependencies', () => {
  it('reads soft dependencies that are to be loaded before', async () => {
    const read = async (softdep: string) =>
      readDependencies(await makeModule(`softdep=${softdep}`), 'x.ko').before;
    expect(await read('pre: crc32c')).toEqual(['crc32c']);
    expect(await read('pre: a b-c post: d')).toEqual(['a', 'b_c']);
    expect(await read('post: d')).toEqual([]);
  });

  it('refuses what is no module', () => {
    expect(() => readDependencies(Buffer.from('no'), 'x.ko')).toThrow(
      expect.objectContaining({ code: 'VAPP_BOOTLOADER_ELF' }),
    );
  });
});
