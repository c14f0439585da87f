import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, readCpio } from '../../src/installer/cpio.js';
import { buildKit } from '../../src/installer/kit.js';
import type { Kit } from '../../src/installer/kit-types.js';
import { failure } from '../archive/support.js';
import { components, kernelVersion, netbootInitrd, testMirror } from './support-kit.js';

/** What the kit puts behind the netboot initrd, of which it has `first`. */
const overlay = async (
  kit: Kit,
  first: Uint8Array = gunzipSync(netbootInitrd()),
): Promise<Map<string, CpioEntry>> => {
  const start = Math.ceil(first.length / 4) * 4;
  const entries = readCpio((await readFile(kit.initrd)).subarray(start));
  return new Map(entries.map((entry) => [entry.path, entry]));
};

const text = (entry: CpioEntry | undefined): string => Buffer.from(entry?.data ?? []).toString();

describe('buildKit', () => {
  it('makes the same bytes from the same inputs, in another cache too', async () => {
    const mirror = await testMirror();
    const [first, second] = [await buildKit(await mirror.request()), await buildKit(await mirror.request())];
    expect(second.digest).toBe(first.digest);
    expect(second.initrd).not.toBe(first.initrd);
    const names = ['initrd', 'kit.json', 'linux', 'templates.json'];
    expect(await readdir(dirname(first.initrd))).toEqual(names);
    for (const name of names) {
      const [a, b] = [first, second].map(({ initrd }) => readFile(join(dirname(initrd), name)));
      expect((await a)!.equals((await b)!)).toBe(true);
    }
  });

  it('is an initrd that cpio unpacks, behind the one of the package', async () => {
    const kit = await buildKit(await (await testMirror()).request());
    const bytes = await readFile(kit.initrd);
    const first = gunzipSync(netbootInitrd());
    const start = first.length;
    expect(bytes.subarray(0, start).equals(first)).toBe(true);
    const list = execFileSync('cpio', ['-t', '--quiet'], { input: bytes.subarray(Math.ceil(start / 4) * 4) });
    expect(list.toString().split('\n')).toContain('usr/lib/alpha/run');
    expect(await readFile(kit.kernel, 'utf8')).toBe('kernel');
    expect(kit.kernelVersion).toBe(kernelVersion);
  });

  it('lays components down unpacked, in the places that links lead to', async () => {
    const entries = await overlay(await buildKit(await (await testMirror()).request()));
    expect(text(entries.get('usr/lib/alpha/run'))).toBe('alpha');
    expect(entries.has('lib')).toBe(false);
    const status = text(entries.get('var/lib/dpkg/status'));
    expect(status).toContain(
      'Package: anna\nStatus: install ok unpacked\nVersion: 1\n\nPackage: alpha-udeb\n',
    );
    expect(status).toContain('Package: e2fsprogs-udeb\nStatus: install ok unpacked\n');
    expect(text(entries.get('vapp/Packages'))).toContain(`Kernel-Version: ${kernelVersion}\n`);
  });

  it('adds the modules that are missing, with an index made by depmod', async () => {
    const entries = await overlay(await buildKit(await (await testMirror()).request()));
    const folder = `usr/lib/modules/${kernelVersion}`;
    expect(text(entries.get(`${folder}/kernel/ext4.ko.xz`))).toBe('module ext4');
    expect(entries.has(`${folder}/kernel/virtio_net.ko.xz`)).toBe(false);
    expect(text(entries.get(`${folder}/modules.dep`))).toMatch(
      /kernel\/ext4\.ko\.xz:[\s\S]*kernel\/virtio_net\.ko\.xz:/,
    );
  });

  it('puts the wrappers in place and cuts the templates', async () => {
    const kit = await buildKit(await (await testMirror()).request());
    const entries = await overlay(kit);
    expect(text(entries.get('usr/sbin/debootstrap.real'))).toBe('the real one');
    expect(text(entries.get('usr/sbin/debootstrap'))).toContain('--unpack-tarball=');
    expect(text(entries.get('var/lib/dpkg/info/anna.templates'))).not.toContain('Ü');
    expect(kit.templates).toEqual([{ name: 'anna/x', type: 'string', component: 'anna', description: 'X' }]);
  });

  it('reuses a kit without a request, and makes a damaged one anew', async () => {
    const mirror = await testMirror();
    const request = await mirror.request();
    const kit = await buildKit(request);
    const asked = mirror.server.requests.length;
    await utimes(dirname(kit.initrd), 1, 1);
    expect(await buildKit(request)).toEqual(kit);
    expect(mirror.server.requests.length).toBe(asked);
    // That it is used is written down.
    expect((await stat(dirname(kit.initrd))).mtimeMs).toBeGreaterThan(1000);
    const bytes = await readFile(kit.initrd);
    await writeFile(kit.initrd, bytes.subarray(0, -4));
    expect(await buildKit(request)).toEqual(kit);
    expect((await readFile(kit.initrd)).equals(bytes)).toBe(true);
  });

  it('refuses a kernel that the archive has no modules for', async () => {
    const mirror = await testMirror({ without: [`linux-image-${kernelVersion}`] });
    const error = await failure(buildKit(await mirror.request()));
    expect(error).toMatchObject({ code: 'VAPP_INSTALLER_KERNEL' });
    expect(error.message).toContain(kernelVersion);
  });

  it('names a package that the archive does not have', async () => {
    const mirror = await testMirror({ without: ['kmod'] });
    const error = await failure(buildKit(await mirror.request()));
    expect(error).toMatchObject({ code: 'VAPP_INSTALLER_PACKAGE', message: 'trixie has no package kmod' });
  });
});

describe('components', () => {
  it('come from the signed index when it has them all', async () => {
    const mirror = await testMirror({ signedComponents: true });
    const request = await mirror.request();
    const kit = await buildKit({ ...request, pins: { release: 'none', components: [] } });
    expect(kit.source).toBe('index');
  });

  it('come from the pins when there is no index, which is said', async () => {
    const request = await (await testMirror()).request();
    expect((await buildKit(request)).source).toBe('pins');
    expect(request.notices.join('\n')).toContain('index of installer components');
  });

  it('are named when index and pins list what the mirror has lost', async () => {
    const mirror = await testMirror({ signedComponents: true, lost: ['alpha-udeb'] });
    const error = await failure(buildKit(await mirror.request()));
    expect(error).toMatchObject({ code: 'VAPP_INSTALLER_COMPONENT' });
    expect(error.message).toContain('alpha-udeb');
  });

  it('are named when neither index nor pins have them', async () => {
    const request = await (await testMirror()).request();
    const error = await failure(
      buildKit({ ...request, components: [...Object.keys(components), 'gamma-udeb'] }),
    );
    expect(error).toMatchObject({ code: 'VAPP_INSTALLER_COMPONENT' });
    expect(error.message).toContain('gamma-udeb');
  });
});

describe('a plain kit', () => {
  it('carries components as files, and neither hooks nor cut templates', async () => {
    const request = await (await testMirror()).request();
    const kit = await buildKit({ ...request, variant: 'plain' });
    expect((await readFile(kit.initrd)).subarray(0, netbootInitrd().length).equals(netbootInitrd())).toBe(
      true,
    );
    const entries = await overlay(kit, netbootInitrd());
    const names = [...entries.keys()].filter((path) => path.startsWith('vapp/'));
    expect(names).toEqual([
      'vapp/Packages',
      'vapp/alpha-udeb_1.0_amd64.udeb',
      'vapp/debootstrap-udeb_1.0_amd64.udeb',
      'vapp/e2fsprogs-udeb_1.0_amd64.udeb',
      'vapp/vapp-standin_1_amd64.udeb',
    ]);
    expect(entries.has('usr/bin/debconf-set-selections')).toBe(false);
    expect(entries.has('var/lib/dpkg/status')).toBe(false);
    const index = text(entries.get('vapp/Packages'));
    for (const name of names.slice(1)) expect(index).toContain(`Filename: ${name.slice('vapp/'.length)}\n`);
  });
});
