import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostState, testUser, uri, virsh } from './vapp.js';

const standIn = new URL('../stand-in/build.mjs', import.meta.url).pathname;
const user = testUser();
const network = `vapp-e2e-${process.pid}`;
/** At most fifteen characters: the name of an interface. */
const bridge = `vb${process.pid}`;

const xml = `<network><name>${network}</name><bridge name='${bridge}'/><forward mode='open'/>
  <ip address='192.168.213.1' netmask='255.255.255.0'><dhcp><range start='192.168.213.2' end='192.168.213.99'/></dhcp></ip>
</network>`;

let before: Awaited<ReturnType<typeof hostState>>;
beforeAll(async () => {
  await user.makeKey();
  before = await hostState();
  const file = join(user.home, 'network.xml');
  writeFileSync(file, xml);
  await virsh('net-define', file);
  await virsh('net-start', network);
});
afterAll(async () => {
  await virsh('net-destroy', network).catch(() => undefined);
  await virsh('net-undefine', network);
});

test('a network that is stopped under the installer is named, with the line that starts it', async () => {
  const guest = ['--hypervisor', 'qemu', '--pause', '15', '--fetch', 'dists/trixie/Release'];
  const args = [standIn, ...guest, '--connect', uri, '--network', network, '--output', 'json'];
  const build = execa(process.execPath, args, { env: user.env, reject: false });
  for await (const line of createInterface({ input: build.stdout })) {
    if (line.includes('"phase":"checking the mirror"')) await virsh('net-destroy', network).catch(() => {});
  }
  const { exitCode, stderr } = await build;
  expect([exitCode, stderr]).toEqual([10, expect.stringContaining('VAPP_BUILD_NETWORK')]);
  expect(stderr).toContain(`net-start ${network}`);
  expect(await hostState()).toEqual(before);
});
