import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { readCoreSettings } from '../../../src/verify/boot/kernel.js';
import { readPe } from '../../../src/verify/boot/pe.js';
import { Damaged } from '../../../src/verify/damaged.js';
import type { FileNode } from '../../../src/verify/files/tree.js';
import { inDirectory } from '../disk-image.js';

const nodeOf = (bytes: Buffer): FileNode => ({
  kind: 'file',
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
  list: async () => [],
});

/** A GRUB for UEFI, made by GRUB's own tool. */
async function makeGrub(path: string): Promise<void> {
  const config = `${path}.cfg`;
  await writeFile(config, 'search.fs_uuid 1234 root\n');
  const modules = ['part_gpt', 'fat', 'ext2', 'normal', 'search_fs_uuid'];
  await execa('grub-mkimage', [
    '-O',
    'x86_64-efi',
    '-p',
    '/EFI/debian',
    '-c',
    config,
    '-o',
    path,
    ...modules,
  ]);
}

async function sign(folder: string, image: string): Promise<string> {
  const [key, certificate, signed] = ['key', 'certificate', 'signed'].map((name) => join(folder, name));
  const subject = ['-subj', '/O=Example/CN=A signer of tests'];
  await execa('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...subject,
    '-keyout',
    key!,
    '-out',
    certificate!,
  ]);
  await execa('sbsign', ['--key', key!, '--cert', certificate!, '--output', signed!, image]);
  return signed!;
}

describe('readPe', () => {
  it('tells whether a program is signed, and by whom, as sbverify does', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'grub.efi');
      await makeGrub(image);
      const plain = await readFile(image);
      expect(await readPe(nodeOf(plain))).toEqual({ machine: 'x86_64', signature: 'none', signers: [] });
      const list = await execa('sbverify', ['--list', image], { reject: false, all: true });
      expect(list.all).toContain('No signature table present');
      const signed = await sign(folder, image);
      const bytes = await readFile(signed);
      expect(await readPe(nodeOf(bytes))).toEqual({
        machine: 'x86_64',
        signature: 'present',
        signers: ['A signer of tests'],
      });
      expect((await execa('sbverify', ['--list', signed])).stdout).toContain('CN=A signer of tests');
      expect(await readPe(nodeOf(bytes.subarray(0, bytes.length - 100)))).toMatchObject({ signature: 'bad' });
      bytes.fill(0xff, plain.length, plain.length + 8);
      expect(await readPe(nodeOf(bytes))).toMatchObject({ signature: 'bad', signers: [] });
    });
  });

  it('refuses what is no program', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(4096), Buffer.alloc(4096, 'MZ')])
      await expect(readPe(nodeOf(bytes))).rejects.toBeInstanceOf(Damaged);
  });
});

describe('readCoreSettings', () => {
  it('reads prefix, configuration and modules of a GRUB for UEFI', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'grub.efi');
      await makeGrub(image);
      const { prefix, config, modules } = readCoreSettings(await readFile(image));
      expect({ prefix, config }).toEqual({ prefix: '/EFI/debian', config: 'search.fs_uuid 1234 root\n' });
      expect(modules).toEqual(
        expect.arrayContaining(['part_gpt', 'fat', 'ext2', 'normal', 'search_fs_uuid']),
      );
    });
  });
});
