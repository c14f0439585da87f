import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ed25519 } from '../spec/helpers.js';
import { domainXml, metadataOf, pool } from '../template/support.js';
import { expectRefusal, Home, lines } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const spec = `appliance: web
os: debian-13
mirror: http://mirror.example/debian
security_mirror: http://mirror.example/debian-security
root: { ssh_keys: ["${ed25519}"] }
`;
const disk = metadataOf('web').volume ?? '';

/** A host of libvirt's mock driver with a template `web`, its disk and a clone; each run has its own copy. */
function mockHost(): string {
  home.write('web.xml', domainXml('web', metadataOf('web')));
  home.write(
    'web-1.xml',
    domainXml(
      'web-1',
      metadataOf('web', { build: 'old-20250101-000000', kind: 'clone', volume: 'web-1.qcow2' }),
    ),
  );
  home.write(
    'host.xml',
    `<node>
      <domain file='web.xml'/><domain file='web-1.xml'/>
      <pool type='dir'><name>${pool}</name><target><path>/${pool}</path></target>
        <volume><name>${disk}</name><capacity>1048576</capacity><target><path>/${pool}/${disk}</path></target></volume>
      </pool>
    </node>`,
  );
  return `test://${home.path}/host.xml`;
}

describe('templates', () => {
  test('says what to do when there are none', async () => {
    expect(await home.vapp('templates', '--connect', 'test:///default')).toEqual({
      status: 0,
      stdout: 'test:///default has no templates. Make one: vapp build SPEC',
    });
  });

  test('lists templates and clones', async () => {
    const { status, stdout } = await home.vapp('templates', '-c', mockHost());
    expect(status).toBe(0);
    expect(stdout?.replaceAll('shutoff', 'running').replaceAll(/ +/g, ' ')).toBe(
      [
        'NAME KIND STATE OS BUILD DISK',
        `web template running debian-13 web-20250102-abcdef ${pool}/${disk}`,
        `web-1 clone running debian-13 old-20250101-000000 ${pool}/web-1.qcow2`,
      ].join('\n'),
    );
  });

  test('as JSON', async () => {
    const uri = mockHost();
    const { stdout } = await home.vapp('templates', '-c', uri, '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toMatchObject({
      v: 1,
      uri,
      templates: [
        { name: 'web', title: 'web: a title', metadata: metadataOf('web') },
        { name: 'web-1', metadata: { kind: 'clone' } },
      ],
    });
  });

  test('LIBVIRT_DEFAULT_URI names the host when --connect does not', async () => {
    const { stdout } = await home.start(['templates'], { env: { LIBVIRT_DEFAULT_URI: 'test:///default' } });
    expect(stdout).toContain('test:///default has no templates');
  });
});

describe('clone', () => {
  test('defines a domain and says how to start it', async () => {
    const uri = mockHost();
    expect(await home.vapp('clone', 'web', 'web-2', '-c', uri)).toEqual({
      status: 0,
      stdout: `web-2 is defined. → virsh -c ${uri} start web-2`,
    });
  });

  test('starts it, and says how to see it', async () => {
    const uri = mockHost();
    expect(await home.vapp('clone', 'web', 'web-2', '--start', '-c', uri)).toEqual({
      status: 0,
      stdout: `web-2 is running. → virsh -c ${uri} console web-2`,
    });
  });

  test('a name of digits stays a name', async () => {
    const uri = mockHost();
    const { stdout } = await home.vapp('clone', 'web', '007', '-c', uri, '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({ v: 1, uri, clone: '007', started: false });
  });

  test('an unknown template', async () => {
    expect(await home.vapp('clone', 'nope', 'x', '-c', 'test:///default')).toEqual({
      status: 2,
      stderr: lines`
        error: there is no template nope  VAPP_TEMPLATE_UNKNOWN
          test:///default has no such domain
          → vapp templates
      `,
    });
  });
});

describe('delete', () => {
  test('says what it deleted', async () => {
    const uri = mockHost();
    expect(await home.vapp('delete', 'web', '--force', '-c', uri)).toEqual({
      status: 0,
      stdout: 'deleted web and its disk',
    });
    const { stdout } = await home.vapp('delete', 'web', '--force', '-c', uri, '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({ v: 1, uri, deleted: 'web' });
  });

  test('does not touch what is not vapp’s', async () => {
    expect(await home.vapp('delete', '--force', 'test', '-c', 'test:///default')).toEqual({
      status: 2,
      stderr: lines`
        error: there is no template or clone test  VAPP_TEMPLATE_UNKNOWN
          vapp did not make the domain of this name
          → vapp templates
      `,
    });
  });
});

describe('a host that cannot build', () => {
  const nothing = lines`
    error: test:///default offers nothing that vapp can build on  VAPP_PLAN_ENGINE
      its driver TEST offers no guests of type kvm, qemu or xen for x86_64
      → connect to a QEMU host: vapp --connect qemu:///system
  `;
  beforeEach(() => home.write('web.yaml', spec));

  test('compile says so and writes nothing', async () => {
    expect(await home.vapp('compile', 'web.yaml', '--out', 'out', '-c', 'test:///default')).toEqual({
      status: 3,
      stderr: nothing,
    });
    expect(existsSync(join(home.path, 'out'))).toBe(false);
  });

  test('build says so before anything is downloaded, and where to look', async () => {
    const { status, stdout, stderr } = await home.vapp('build', 'web.yaml', '-c', 'test:///default');
    const [id = ''] = readdirSync(home.builds);
    const directory = join(home.builds, id);
    expect(status).toBe(3);
    expect(stderr).toBe(`${nothing}\neverything about this build is in ${directory}\n→ vapp show ${id}`);
    expect(stdout?.split('\n')).toEqual([
      `[    0 s] build ${id} of web on test:///default`,
      `[    0 s] logs in ${directory}`,
      '[    0 s] prepare',
      expect.stringMatching(/^\[ +\d s\] prepare failed \(\d s\)$/),
    ]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(directory, 'spec.yaml'), 'utf8')).toBe(spec);
    expect((await home.vapp('builds')).stdout).toMatch(new RegExp(`^${id} +failed +prepare `, 'm'));
    expect((await home.vapp('logs', id)).stdout).toBe(`${stdout}\n${nothing}`);
  });

  test('build as JSON: one object a line, the error last', async () => {
    const { stdout } = await home.vapp('build', 'web.yaml', '-c', 'test:///default', '--output', 'json');
    expectRefusal(stdout);
  });

  test('a wrong spec makes no build', async () => {
    home.write('web.yaml', 'appliance: web\n');
    expect((await home.vapp('build', 'web.yaml', '-c', 'test:///default')).status).toBe(2);
    expect(readdirSync(home.builds)).toEqual([]);
  });

  test('doctor says what is missing and fails', async () => {
    const { status, stdout, stderr } = await home.vapp('doctor', '-c', 'test:///default');
    expect(status).toBe(3);
    expect(stdout).toContain(
      '✖ libvirt offers no engine\n    the TEST driver lists no guest that vapp can build on\n    → apt-get install qemu-system-x86',
    );
    expect(stdout).toMatch(/^✔ libvirt [\d.]+ answers at test:\/\/\/default$/m);
    expect(stderr).toMatch(
      /^error: \d checks? failed {2}VAPP_HOST_NOT_READY\n {2}this host cannot build yet\n {2}→ do what the lines with ✖ say, then: vapp doctor$/,
    );
  });
});

test.each([['templates'], ['clean'], ['delete', 'x'], ['clone', 'x', 'y']])(
  'without a libvirt daemon, %s says who does not answer',
  async (...command) => {
    const uri = 'qemu+unix:///system?socket=/nonexistent';
    expect(await home.vapp(...command, '--connect', uri)).toEqual({
      status: 3,
      stderr: [
        `error: no libvirt daemon answers at ${uri}  VAPP_LIBVIRT_UNREACHABLE`,
        "  Failed to connect socket to '/nonexistent': No such file or directory",
        '  → vapp doctor',
      ].join('\n'),
    });
  },
);
