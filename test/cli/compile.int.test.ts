import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judged } from '../domain/support.js';
import { type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { ed25519 } from '../spec/helpers.js';
import { Home } from './vapp.js';

let daemon: PrivateDaemon;
let home: Home;
beforeAll(async () => {
  daemon = await startPrivateDaemon();
  home = new Home();
  home.write(
    'web.yaml',
    `appliance: web
os: debian-13
hypervisor: qemu
mirror: http://mirror.example/debian
security_mirror: http://mirror.example/debian-security
root: { ssh_keys: ["${ed25519}"] }
packages: [nginx]
`,
  );
});
afterAll(async () => {
  home.remove();
  await daemon.stop();
});

const compile = (...args: string[]) => home.vapp('compile', 'web.yaml', '-c', daemon.uri, ...args);
const names = ['preseed.cfg', 'installer.xml', 'template.xml', 'plan.json'];

describe('vapp compile on a QEMU host', () => {
  test('writes four files and names them', async () => {
    expect(await compile('--out', 'out')).toEqual({
      status: 0,
      stdout: names.map((name) => `out/${name}`).join('\n'),
    });
    expect(readdirSync(join(home.path, 'out')).sort()).toEqual([...names].sort());
  });

  test('they are what Debian and libvirt take', async () => {
    await compile('--out', 'judged');
    const read = (name: string) => readFileSync(join(home.path, 'judged', name), 'utf8');
    execFileSync('debconf-set-selections', ['--checkonly', join(home.path, 'judged/preseed.cfg')]);
    expect(judged(read('installer.xml'))).toBeUndefined();
    expect(judged(read('template.xml'))).toBeUndefined();
    expect(JSON.parse(read('plan.json'))).toMatchObject({ engine: 'qemu', uri: daemon.uri });
  });

  test('nobody else reads the preseed, which may hold password hashes', async () => {
    await compile('--out', 'modes');
    const mode = (name: string) => statSync(join(home.path, 'modes', name)).mode & 0o777;
    expect(mode('preseed.cfg')).toBe(0o600);
    expect(mode('plan.json')).toBe(0o600);
    expect(mode('template.xml')).toBe(0o644);
  });

  test('as JSON', async () => {
    mkdirSync(join(home.path, 'json'));
    const { stdout } = await compile('--out', 'json', '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({ v: 1, files: names.map((name) => `json/${name}`) });
  });

  test('a pool that the host does not have', async () => {
    expect(await compile('--pool', 'fast')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('VAPP_PLAN_POOL'),
    });
  });
});

test('an option that is given twice means what it says last', async () => {
  const { status } = await compile('--out', 'twice', '--name', 'a', '--name', 'b');
  expect(status).toBe(0);
  const plan = JSON.parse(readFileSync(join(home.path, 'twice/plan.json'), 'utf8'));
  expect(plan.names.template).toBe('b');
});

test('doctor finds the engine, and that the first build has to make the pool', async () => {
  const { stdout } = await home.vapp('doctor', '-c', daemon.uri);
  expect(stdout).toMatch(/^✔ engines: .*qemu/m);
  expect(stdout).toContain('• there is no storage pool default\n    the first build makes it\n');
});
