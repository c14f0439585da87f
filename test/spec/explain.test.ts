import { describe, expect, it } from 'vitest';
import { type ExplainRow, explain, specKeys } from '../../src/spec/index.js';
import { minimal, parse } from './helpers.js';

const hash = `$6$saltsalt$${'a'.repeat(86)}`;
const spec = minimal(
  'memory: 2GiB',
  'disk: { size: 8GiB }',
  'packages: [curl, nginx]',
  `root: { password: ${hash} }`,
  'users: [{ name: ann, sudo: true }, { name: bob }]',
  'files: [{ path: /etc/motd, source: motd }]',
);
const rows = (key?: string): ExplainRow[] => explain(parse(spec, { mirror, fileSize: () => 1 }), key);
const mirror = { uri: 'http://mirror.example/debian', from: '/etc/apt/sources.list' };
const brief = (list: ExplainRow[]): string[] =>
  list.map(({ key, value, origin }) => `${key}: ${value} (${origin})`);

describe('explain', () => {
  it('tells value and origin of every key', () => {
    expect(brief(rows())).toEqual([
      'appliance: web (/specs/web.yaml:1:12)',
      'os: debian-13 (/specs/web.yaml:2:5)',
      'arch: amd64 (default)',
      'hypervisor: auto (default)',
      'memory: 2GiB (/specs/web.yaml:3:9)',
      'cpus: 1 (default)',
      'disk.size: 8GiB (/specs/web.yaml:4:15)',
      'hostname: web (guess: the name of the appliance)',
      'domain: localdomain (default)',
      'locale: C.UTF-8 (default)',
      'keyboard: us (default)',
      'timezone: Etc/UTC (default)',
      "mirror: http://mirror.example/debian (guess: this host's /etc/apt/sources.list)",
      'security_mirror: http://security.debian.org/debian-security (default)',
      'proxy: none (default)',
      'root.password: set (hash not shown) (/specs/web.yaml:6:19)',
      'root.ssh_keys: none (default)',
      'users[0].name: ann (/specs/web.yaml:7:17)',
      'users[1].name: bob (/specs/web.yaml:7:44)',
      'users[0].ssh_keys: none (default)',
      'users[1].ssh_keys: none (default)',
      'users[0].password: no login with a password (default)',
      'users[1].password: no login with a password (default)',
      'users[0].sudo: true (/specs/web.yaml:7:28)',
      'users[1].sudo: false (default)',
      'packages: curl, nginx (/specs/web.yaml:5:1)',
      'files[0].path: /etc/motd (/specs/web.yaml:8:17)',
      'files[0].source: /specs/motd (/specs/web.yaml:8:36)',
      'files[0].mode: 0644 (default)',
      'run: none (default)',
      'preseed: none (default)',
    ]);
  });

  it('gives type, help and questions of the key table', () => {
    const [row] = rows('timezone');
    const { type, help, questions } = specKeys.timezone;
    expect(row).toMatchObject({ type: type.name, help, questions });
    expect(questions).toEqual(['time/zone']);
  });

  it.each([
    ['memory', ['memory']],
    ['disk', ['disk.size']],
    ['root', ['root.password', 'root.ssh_keys']],
    ['users[1]', ['users[1].name', 'users[1].ssh_keys', 'users[1].password', 'users[1].sudo']],
    ['users[].sudo', ['users[0].sudo', 'users[1].sudo']],
    ['users[0].sudo', ['users[0].sudo']],
    ['files', ['files[0].path', 'files[0].source', 'files[0].mode']],
    ['mem', []],
    ['', []],
    ['nothing', []],
  ])('narrows to %s', (key, keys) => {
    expect(rows(key).map((row) => row.key)).toEqual(keys);
  });

  it('shows an SSH key by its type, end and comment', () => {
    const [row] = explain(parse(minimal()), 'root.ssh_keys');
    expect(row).toMatchObject({
      value: 'ssh-ed25519 …GxwdHh8g (ann@example)',
      origin: 'guess: /home/ann/.ssh/id_ed25519.pub of the user ann',
    });
  });

  it('shows a locked password as the default that it is', () => {
    const [row] = explain(parse(minimal('root: { password: "!" }')), 'root.password');
    expect(row).toMatchObject({ value: 'no login with a password', origin: '/specs/web.yaml:3:19' });
  });
});
