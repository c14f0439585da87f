import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { brief, ed25519, errorOf, errorsOf, marked, minimal, parse } from './helpers.js';

describe('parseSpec', () => {
  it('fills a spec of two lines completely', () => {
    expect(parse('appliance: web\nos: debian-13\n').appliance).toEqual({
      appliance: 'web',
      os: 'debian-13',
      arch: 'amd64',
      hypervisor: 'auto',
      memory: 1024 ** 3,
      cpus: 1,
      disk: { size: 4 * 1024 ** 3 },
      hostname: 'web',
      domain: 'localdomain',
      locale: 'C.UTF-8',
      keyboard: 'us',
      timezone: 'Etc/UTC',
      mirror: 'http://ftp.debian.org/debian',
      securityMirror: 'http://security.debian.org/debian-security',
      root: { sshKeys: [ed25519] },
      users: [],
      packages: [],
      files: [],
      run: [],
      preseed: [],
    });
  });

  it('takes every key as written', () => {
    const hash = `$6$salt$${'a'.repeat(86)}`;
    const { appliance } = parse(
      `
appliance: web
os: debian-13
arch: amd64
hypervisor: xen
memory: 1.5 GiB
cpus: 2
disk: { size: 8GB }
hostname: www
domain: example.org
locale: de_DE.UTF-8
keyboard: de
timezone: Europe/Berlin
mirror: http://mirror.example/debian/
security_mirror: http://mirror.example/debian-security
proxy: http://proxy.example:3128/
root:
  password: ${hash}
  ssh_keys: ["${ed25519}"]
users:
  - name: deploy
    sudo: true
    password: "!"
  - { name: ann, ssh_keys: [~/.ssh/id.pub] }
packages: [nginx, 7zip]
files:
  - { path: /etc/motd, source: motd, mode: 0600 }
  - { path: /usr/local/bin/x, source: ~/x, mode: '755' }
run:
  - systemctl enable nginx
preseed:
  - d-i time/zone select Europe/Berlin
  - d-i time/zone seen true
`,
      {
        readText: (path) => (path === '/home/ann/.ssh/id.pub' ? `${ed25519}\n` : undefined),
        fileSize: () => 1,
      },
    );
    expect(appliance).toEqual({
      appliance: 'web',
      os: 'debian-13',
      arch: 'amd64',
      hypervisor: 'xen-pvh',
      memory: 1536 * 1024 ** 2,
      cpus: 2,
      disk: { size: Math.ceil(8e9 / 1024 ** 2) * 1024 ** 2 },
      hostname: 'www',
      domain: 'example.org',
      locale: 'de_DE.UTF-8',
      keyboard: 'de',
      timezone: 'Europe/Berlin',
      mirror: 'http://mirror.example/debian',
      securityMirror: 'http://mirror.example/debian-security',
      proxy: 'http://proxy.example:3128',
      root: { passwordHash: hash, sshKeys: [ed25519] },
      users: [
        { name: 'deploy', sudo: true, sshKeys: [] },
        { name: 'ann', sudo: false, sshKeys: [ed25519] },
      ],
      packages: ['nginx', '7zip'],
      files: [
        { path: '/etc/motd', source: '/specs/motd', mode: '0600' },
        { path: '/usr/local/bin/x', source: '/home/ann/x', mode: '0755' },
      ],
      run: ['systemctl enable nginx'],
      preseed: ['d-i time/zone select Europe/Berlin', 'd-i time/zone seen true'],
    });
  });

  it('keeps the origin of each value', () => {
    const { origins } = parse(minimal('memory: 2GiB', 'users: [{ name: deploy }]'), {
      mirror: { uri: 'http://mirror.example/debian', from: '/etc/apt/sources.list' },
    });
    expect(origins.get('memory')).toMatchObject({ kind: 'spec', at: { line: 3, column: 9, length: 4 } });
    expect(origins.get('cpus')).toEqual({ kind: 'default' });
    expect(origins.get('mirror')).toEqual({ kind: 'guess', from: "this host's /etc/apt/sources.list" });
    expect(origins.get('security_mirror')).toEqual({ kind: 'default' });
    expect(origins.get('hostname')).toEqual({ kind: 'guess', from: 'the name of the appliance' });
    expect(origins.get('users[0].name')).toMatchObject({ kind: 'spec', at: { line: 4, column: 17 } });
    expect(origins.get('users[0].sudo')).toEqual({ kind: 'default' });
    expect(origins.get('users')).toMatchObject({ kind: 'spec', at: { line: 4, column: 1 } });
  });

  it('locates what the spec says and nothing else', () => {
    const resolved = parse(minimal('packages:', '  - nginx', '  - curl', "preseed: ['d-i a/b string c']"));
    expect(resolved.locate('packages[1]')).toEqual({
      file: '/specs/web.yaml',
      line: 5,
      column: 5,
      length: 4,
      text: '  - curl',
    });
    expect(resolved.locate('preseed[0]')).toMatchObject({ line: 6, column: 11, length: 18 });
    expect(resolved.locate('packages')).toMatchObject({ line: 3, column: 1, length: 8 });
    for (const path of ['mirror', 'packages[2]', 'packages.x', '__proto__', 'appliance.length'])
      expect(resolved.locate(path)).toBeUndefined();
  });

  it('hashes the text of the spec', () => {
    const text = minimal();
    expect(parse(text).sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('tells ten mistakes at once, each at its place', () => {
    const spec = `appliance: Web Server
os: debian-31
memry: 1GiB
cpus: 0
disk:
  size: 100MiB
timezone: Berlin
users:
  - name: root
  - { sudo: yes, name: deploy }
packages: [nginx, Curl, nginx]
`;
    expect(brief(spec)).toEqual([
      '1:12 VAPP_SPEC_VALUE appliance: "Web Server" is not a name such as web-1',
      '2:5 VAPP_SPEC_VALUE os cannot be "debian-31"',
      '3:1 VAPP_SPEC_UNKNOWN_KEY there is no key "memry"',
      '4:7 VAPP_SPEC_RANGE cpus is 0, less than 1',
      '6:9 VAPP_SPEC_RANGE disk.size is 100MiB, less than 2GiB',
      '7:11 VAPP_SPEC_VALUE timezone: "Berlin" is not a time zone such as Europe/Berlin',
      '9:11 VAPP_SPEC_VALUE users[0].name: "root" is not a user name such as deploy',
      '10:13 VAPP_SPEC_TYPE users[1].sudo must be true or false, not "yes"',
      '11:19 VAPP_SPEC_VALUE packages[1]: "Curl" is not the name of a package such as nginx',
      '11:25 VAPP_SPEC_DUPLICATE_VALUE "nginx" stands twice in packages',
    ]);
    expect(errorsOf(spec).map(marked)).toEqual([
      'Web Server',
      'debian-31',
      'memry',
      '0',
      '100MiB',
      'Berlin',
      'root',
      'yes',
      'Curl',
      'nginx',
    ]);
    expect(errorsOf(spec).map(({ hint }) => hint)).toEqual([
      'such as: web-server',
      'did you mean debian-13?',
      'did you mean memory?',
      'cpus: 1',
      'size: 2GiB',
      'timezone: Europe/Berlin',
      'use root: { password, ssh_keys }',
      'sudo: true',
      'write curl',
      'remove one of the two',
    ]);
  });

  it('tells what is missing', () => {
    expect(brief('memory: 1GiB\nusers: [{ sudo: true }]\n')).toEqual([
      '1:1 VAPP_SPEC_MISSING_KEY appliance is missing',
      '1:1 VAPP_SPEC_MISSING_KEY os is missing',
      '2:11 VAPP_SPEC_MISSING_KEY users[0].name is missing',
    ]);
  });

  it.each([
    ['memry: 1GiB', 'did you mean memory?'],
    ['security-mirror: http://mirror.example/debian-security', 'did you mean security_mirror?'],
    ['time_zone: UTC', 'did you mean timezone?'],
    ['size: 4GiB', 'did you mean disk.size?'],
    ['__proto__: 1', 'remove it; "vapp schema" lists all keys'],
    ['constructor: { prototype: 1 }', 'remove it; "vapp schema" lists all keys'],
  ])('knows no key %s', (line, hint) => {
    expect(errorOf(minimal(line))).toMatchObject({
      code: 'VAPP_SPEC_UNKNOWN_KEY',
      hint,
      at: { line: 3, column: 1 },
    });
  });

  it.each([
    ['hostname: 12', 'hostname must be a text, not a number', "put it in quotes: '12'"],
    ['hostname: 0x1F', 'hostname must be a text, not a number', "put it in quotes: '0x1F'"],
    ['hostname: [a]', 'hostname must be a text, not a list', undefined],
    ['hostname: {}', 'hostname must be a text, not a mapping', undefined],
    ['hostname:', 'hostname has no value', 'write a value, or remove the key'],
    ['packages: nginx', 'packages must be a list, not a text', 'write [nginx]'],
    ['packages: { nginx: 1 }', 'packages must be a list, not a mapping', undefined],
    ['packages: [[nginx]]', 'packages[0] must be a text, not a list', undefined],
    ['run: [true]', 'run[0] must be a text, not true or false', "put it in quotes: 'true'"],
    ['cpus: 1.5', 'cpus must be a whole number from 1 to 255, not a number', undefined],
    ["cpus: '1'", 'cpus must be a whole number from 1 to 255, not a text', undefined],
    ['cpus: .inf', 'cpus must be a whole number from 1 to 255, not a number', undefined],
    ['disk: 4GiB', 'disk must be a mapping with size, not a text', undefined],
    ['users: { name: a }', 'users must be a list, not a mapping', undefined],
    ['users: [ann]', 'users[0] must be a mapping with name, ssh_keys, password, sudo, not a text', undefined],
    ['memory: true', 'memory must be a size from 768MiB to 16TiB, not true or false', undefined],
  ])('wants another type in %s', (line, message, hint) => {
    const error = errorOf(minimal(line));
    expect(error).toMatchObject({ code: 'VAPP_SPEC_TYPE', message, at: { line: 3 } });
    expect(error.hint).toBe(hint);
  });

  it.each([
    ['memory: 512MiB', 'memory is 512MiB, less than 768MiB', 'memory: 768MiB'],
    ['memory: 17TiB', 'memory is 17TiB, more than 16TiB', 'memory: 16TiB'],
    ['cpus: 256', 'cpus is 256, more than 255', 'cpus: 255'],
    ['cpus: -1', 'cpus is -1, less than 1', 'cpus: 1'],
    ['disk: { size: 2TiB }', 'disk.size is 2TiB, more than 2097151MiB', 'size: 2097151MiB'],
  ])('keeps %s within bounds', (line, message, hint) => {
    const error = errorOf(minimal(line));
    expect(error).toMatchObject({ code: 'VAPP_SPEC_RANGE', message, hint });
    expect(error.why).toBeTruthy();
  });

  it.each([
    ['memory: 1024', 'it has no unit', 'memory: 1024MiB'],
    ['memory: 1 gibibyte', 'a size is a number with a unit: MiB, GiB, TiB, or MB, GB, TB', 'memory: 768MiB'],
    ['disk: { size: big }', 'a size is a number with a unit: MiB, GiB, TiB, or MB, GB, TB', 'size: 2GiB'],
  ])('needs a size in %s', (line, why, hint) => {
    expect(errorOf(minimal(line))).toMatchObject({ code: 'VAPP_SPEC_VALUE', why, hint });
  });

  it('refuses a user name that stands twice', () => {
    const error = errorOf(minimal('users:', '  - name: ann', '  - name: ann'));
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_DUPLICATE_VALUE',
      message: '"ann" stands twice in users',
      why: 'it is already in line 4',
      at: { line: 5, column: 11 },
    });
  });

  it('stops when nobody could log in', () => {
    const error = errorOf(minimal('root: { password: "!" }', 'users: [{ name: ann }]'), {
      sshPublicKeys: [],
    });
    expect(error).toMatchObject({ code: 'VAPP_SPEC_NO_LOGIN', at: { line: 1, column: 1 } });
    expect(error.hint).toMatch(/ssh-keygen -t ed25519[\s\S]*root: \{ ssh_keys.*password/);
  });

  it.each(['root: { password: nonsense }', 'users: [{ name: ann, ssh_keys: [nonsense] }]'])(
    'does not also tell that nobody could log in when the login is wrong: %s',
    (line) => {
      expect(errorsOf(minimal(line), { sshPublicKeys: [] })).toHaveLength(1);
    },
  );

  it('guesses no key when there is a login', () => {
    const { appliance, origins } = parse(minimal(`users: [{ name: ann, ssh_keys: ['${ed25519}'] }]`));
    expect(appliance.root).toEqual({ sshKeys: [] });
    expect(origins.get('root.ssh_keys')).toEqual({ kind: 'default' });
  });
});
