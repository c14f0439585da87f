import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { componentNames, readPins } from '../../src/installer/pins.js';
import { releases } from '../../src/releases.js';

const targets = Object.values(releases).flatMap(({ os, arches }) =>
  arches.map((arch) => [os, arch] as const),
);

describe.each(targets)('the pins of %s %s', (os, arch) => {
  it('hold every component that a kit needs, once', async () => {
    const { components } = await readPins(os, arch);
    expect(components.map(({ name }) => name)).toEqual(componentNames);
  });

  it('say of each its bytes and its place in the pool', async () => {
    for (const { name, size, sha256, path, version } of (await readPins(os, arch)).components) {
      expect([name, sha256]).toEqual([name, expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(size).toBeGreaterThan(0);
      expect(path).toMatch(new RegExp(`^pool/main/.*/${name.replaceAll('.', '\\.')}_.*\\.udeb$`));
      expect(path).toContain(version.replace(/^\d+:/, ''));
    }
  });
});

it('scripts/update-pins writes them from an index, and names what the index lacks', () => {
  const root = mkdtempSync(join(tmpdir(), 'vapp-pins-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const here = new URL('../..', import.meta.url).pathname;
  for (const path of ['scripts', 'src/installer/pins']) mkdirSync(join(root, path), { recursive: true });
  for (const path of ['scripts/update-pins', 'src/installer/pins.ts'])
    cpSync(join(here, path), join(root, path));
  const stanza = [
    'Package: a-udeb',
    'Version: 1:2',
    'Filename: pool/a.udeb',
    'Size: 3',
    'SHA256: ff',
    '',
    '',
  ].join('\n');
  writeFileSync(join(root, 'Packages'), stanza);
  const run = (...names: string[]) =>
    execFileSync(
      'node',
      [join(root, 'scripts/update-pins'), 'os', 'arch', '1.0', join(root, 'Packages'), ...names],
      {
        stdio: 'pipe',
      },
    );
  run('a-udeb');
  expect(JSON.parse(readFileSync(join(root, 'src/installer/pins/os-arch.json'), 'utf8'))).toEqual({
    release: '1.0',
    components: [{ name: 'a-udeb', version: '1:2', size: 3, sha256: 'ff', path: 'pool/a.udeb' }],
  });
  expect(() => run('a-udeb', 'b-udeb')).toThrow(/has no b-udeb/);
});
