import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCpio, writeCpio } from '../../src/installer/cpio.js';
import { assembleInitrd, buildPart } from '../../src/installer/initrd.js';
import { file } from '../../src/installer/tree.js';

const byPath = (archive: Buffer) => new Map(readCpio(archive).map((entry) => [entry.path, entry]));

describe('buildPart', () => {
  const key = Buffer.from([0x98, 0x33, 0x04]);
  const part = buildPart({
    preseed: 'd-i netcfg/hostname string web\n',
    key,
    applianceScript: 'vapp_run 1 true\n',
    options: {
      proxy: "10.0.2.2:3142'",
      domain: 'example.org',
      sourcesList: 'deb http://mirror.example/debian trixie main\n',
    },
  });

  it('keeps what holds hashes for root alone', () => {
    const modes = [...byPath(part)].map(([path, { mode }]) => [path, (mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toMatchObject({
      'preseed.cfg': '600',
      'vapp/appliance.sh': '600',
      'vapp/options': '644',
    });
  });

  it('makes the build key the only one that the installer knows', () => {
    const entries = byPath(part);
    for (const path of ['archive.gpg', 'archive.pgp'].map((name) => `usr/share/keyrings/${name}`)) {
      expect(Buffer.from(entries.get(path)!.data!)).toEqual(key);
    }
    expect(Buffer.from(entries.get('vapp/build-key.gpg')!.data!)).toEqual(key);
  });

  it('writes options that a shell reads', () => {
    const options = String(byPath(part).get('vapp/options')?.data);
    const script = `${options}\nprintf '%s %s %s' "$VAPP_INITRAMFS" "$VAPP_PROXY" "$VAPP_DOMAIN"`;
    expect(execFileSync('dash', ['-c', script]).toString()).toBe("virtual 10.0.2.2:3142' example.org");
  });

  it('leaves Debian’s keys alone without a build key', () => {
    const paths = [...byPath(buildPart({ preseed: '' })).keys()];
    expect(paths).toEqual(['preseed.cfg', 'vapp', 'vapp/options']);
  });
});

describe('assembleInitrd', () => {
  it('puts parts and files behind one another at multiples of four', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'vapp-initrd-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [kit, base, out] = ['kit', 'base.tar', 'out'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const packed = gzipSync(writeCpio([file('a', '1')]));
    await writeFile(kit, packed);
    await writeFile(base, 'x'.repeat(3_000_001));
    const part = writeCpio([file('preseed.cfg', 'p', 0o600)]);
    await assembleInitrd(kit, [part, { file: base, path: 'vapp/base.tar' }], out);

    const bytes = await readFile(out);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const second = Math.ceil(packed.length / 4) * 4;
    expect(bytes.subarray(0, packed.length)).toEqual(packed);
    expect(bytes.subarray(second, second + part.length)).toEqual(part);
    const last = byPath(bytes.subarray(second + part.length));
    expect(last.get('vapp/base.tar')?.data?.length).toBe(3_000_001);
    expect(bytes.length % 4).toBe(0);
  });
});
