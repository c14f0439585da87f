import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  hypervisorFacts,
  type ProbeRecord,
  probedHost,
  recallProbe,
  rememberProbe,
} from '../../../src/build/host/host.js';
import { imageDirectory, networkGateway, poolDirectory } from '../../../src/build/host/xml.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import { temporary } from '../support.js';

let connection: Connection;
let state: string;
beforeEach(async () => {
  connection = await openInline();
  state = temporary();
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(async () => {
  await connection.close();
  vi.unstubAllEnvs();
});

const probe = (more: Partial<ProbeRecord> = {}): ProbeRecord => ({
  host: 'a',
  works: true,
  reason: 'a kernel boots',
  kernel: '6.12',
  at: '2025-01-01T00:00:00Z',
  ...more,
});

describe('what the host offers', () => {
  test('is asked of libvirt', async () => {
    expect(await hypervisorFacts(connection)).toMatchObject({
      uri: 'test:///default',
      driver: 'TEST',
      engines: {},
      pools: [{ name: 'default-pool', active: true, type: 'dir' }],
      networks: [{ name: 'default', active: true }],
    });
  });

  test('includes what a probe has found out about KVM', async () => {
    expect(await hypervisorFacts(connection)).not.toHaveProperty('kvm');
    rememberProbe(probe({ host: await connection.hostname(), works: false, reason: 'it hangs' }));
    expect(await hypervisorFacts(connection)).toMatchObject({ kvm: { works: false, reason: 'it hangs' } });
  });
});

describe('a probe', () => {
  test('is remembered for each host, and for the kernel that was booted', () => {
    expect(recallProbe('a')).toBeUndefined();
    rememberProbe(probe());
    rememberProbe(probe({ host: 'b', works: false }));
    expect(recallProbe('a')).toEqual(probe());
    expect(recallProbe('b', '6.12')).toEqual(probe({ host: 'b', works: false }));
    expect(recallProbe('a', '6.13')).toBeUndefined();
    rememberProbe(probe({ kernel: '6.13', works: false }));
    expect(recallProbe('a', '6.12')).toEqual(probe());
    expect(recallProbe('a')).toMatchObject({ kernel: '6.13', works: false });
    rememberProbe(probe({ works: false }));
    expect(recallProbe('a')).toEqual(probe({ works: false }));
  });

  test('in which a kernel was silent counts for a day: the host may have been busy', () => {
    const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    rememberProbe(probe({ works: false, silent: true, at: at(23) }));
    expect(recallProbe('a', '6.12')).toMatchObject({ works: false });
    rememberProbe(probe({ works: false, silent: true, at: at(25) }));
    expect(recallProbe('a')).toBeUndefined();
    rememberProbe(probe({ works: false, at: at(25) }));
    expect(recallProbe('a')).toMatchObject({ works: false });
  });

  test('is made again when the record is damaged', () => {
    mkdirSync(join(state, 'vapp'));
    writeFileSync(join(state, 'vapp/kvm-probes.json'), '{"a":');
    expect(recallProbe('a')).toBeUndefined();
    rememberProbe(probe());
    expect(recallProbe('a')).toEqual(probe());
  });
});

test('a namesake on another machine has a record of its own', async () => {
  const at = (uri: string) => probedHost({ uri, hostname: async () => 'debian' } as Connection);
  expect(await at('qemu:///system')).toBe('debian');
  expect(await at('qemu+ssh://root@kvm1:2222/system?no_verify=1')).toBe('debian at kvm1:2222');
});

test('images go where libvirt’s own tools keep them', () => {
  const [here, there] = [{ remote: false }, { remote: true }];
  expect(imageDirectory({ privileged: true, ...here })).toBe('/var/lib/libvirt/images');
  expect(imageDirectory({ privileged: true, ...there })).toBe('/var/lib/libvirt/images');
  expect(imageDirectory({ privileged: false, ...here })).toBe(join(homedir(), '.local/share/libvirt/images'));
});

test('the home of a user on another machine is not guessed from the one here', () => {
  expect(imageDirectory({ privileged: false, remote: true })).toBeUndefined();
});

test('a pool’s directory comes from its XML', async () => {
  expect(await poolDirectory(connection, 'default-pool')).toBe('/default-pool');
  expect(await poolDirectory(connection, 'nope')).toBeUndefined();
});

test('a network’s gateway is the host’s IPv4 address in it', async () => {
  expect(await networkGateway(connection, 'default')).toBe('192.168.122.1');
  expect(await networkGateway(connection, 'nope')).toBeUndefined();
  const network = (await connection.lookupNetwork('default'))!;
  vi.spyOn(connection, 'lookupNetwork').mockResolvedValue(network);
  const xml = vi.spyOn(network, 'xml');
  xml.mockResolvedValueOnce(
    "<network><ip family='ipv6' address='fd00::1' prefix='64'/><ip address='10.1.2.3'/></network>",
  );
  expect(await networkGateway(connection, 'default')).toBe('10.1.2.3');
  xml.mockResolvedValueOnce("<network><name>isolated</name><bridge name='virbr1'/></network>");
  expect(await networkGateway(connection, 'default')).toBeUndefined();
});
