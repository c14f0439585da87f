import { describe, expect, it } from 'vitest';
import { errorOf, minimal, parse } from './helpers.js';

const spec = (line: string): string =>
  line.startsWith('appliance:') ? `${line}\nos: debian-13\n` : minimal(line);

describe('accepted', () => {
  it.each([
    ['appliance: a', 'appliance', 'a'],
    ['appliance: 1a-2', 'appliance', '1a-2'],
    [`appliance: ${'a'.repeat(63)}`, 'appliance', 'a'.repeat(63)],
    ['hostname: Web-1', 'hostname', 'Web-1'],
    ['domain: example.org', 'domain', 'example.org'],
    ['domain: localdomain', 'domain', 'localdomain'],
    ['locale: C', 'locale', 'C'],
    ['locale: sr_RS.UTF-8@latin', 'locale', 'sr_RS.UTF-8@latin'],
    ['keyboard: fr-latin9', 'keyboard', 'fr-latin9'],
    ['timezone: UTC', 'timezone', 'Etc/UTC'],
    ['timezone: America/Argentina/Buenos_Aires', 'timezone', 'America/Argentina/Buenos_Aires'],
    ['timezone: Etc/GMT+5', 'timezone', 'Etc/GMT+5'],
    ['timezone: Asia/Calcutta', 'timezone', 'Asia/Calcutta'],
    ['timezone: Antarctica/Newfoundedbase', 'timezone', 'Antarctica/Newfoundedbase'],
    ['mirror: https://mirror.example:8080/a/debian//', 'mirror', 'https://mirror.example:8080/a/debian'],
    ['mirror: http://[2001:db8::1]/debian', 'mirror', 'http://[2001:db8::1]/debian'],
    [
      'security_mirror: http://mirror.example/x/debian-security/',
      'securityMirror',
      'http://mirror.example/x/debian-security',
    ],
    ['proxy: http://proxy.example:3128', 'proxy', 'http://proxy.example:3128'],
    ['packages: [g++, libstdc++6, 0ad, python3.13]', 'packages', ['g++', 'libstdc++6', '0ad', 'python3.13']],
  ])('%s', (line, key, value) => {
    expect(parse(spec(line)).appliance).toHaveProperty(key, value);
  });
});

describe('refused', () => {
  it.each([
    ['appliance: My Web', 'such as: my-web'],
    ['appliance: web.example', 'such as: web-example'],
    ['appliance: "-"', undefined],
    [`appliance: ${'a'.repeat(64)}`, `such as: ${'a'.repeat(63)}`],
    ['hostname: www.example.org', 'hostname: www, and the rest as domain'],
    ['hostname: -a', 'such as: a'],
    ['hostname: a_b', 'such as: a-b'],
    ['domain: example..org', undefined],
    ['domain: .org', undefined],
    [`domain: ${'a.'.repeat(100)}a`, undefined],
    ['locale: en_US', 'locale: en_US.UTF-8'],
    ['locale: en-us.utf8', 'locale: en_US.UTF-8'],
    ['locale: C.utf8', 'locale: C.UTF-8'],
    ['locale: german', undefined],
    ['keyboard: US', 'keyboard: us'],
    ['keyboard: us intl', undefined],
    ['timezone: europe/berlin', 'timezone: Europe/Berlin'],
    ['timezone: New York', 'timezone: America/New_York'],
    ['timezone: Europe/Belrin', 'did you mean Europe/Berlin?'],
    ['timezone: ../../etc/passwd', 'timezone: UTC'],
    ['mirror: mirror.example/debian', 'write http://mirror.example/debian'],
    ['mirror: ftp://mirror.example/debian', undefined],
    ['mirror: http://ann:secret@mirror.example/debian', 'leave user and password out of the URI'],
    ['mirror: http://mirror.example/debian?x=1', undefined],
    ['mirror: http://mirror.example/de bian', undefined],
    ['mirror: http://mirror.example:99999/debian', undefined],
    [
      'security_mirror: http://mirror.example/debian',
      'security_mirror: http://mirror.example/debian-security',
    ],
    ['proxy: proxy.example:3128', 'write http://proxy.example:3128'],
    ['users: [{ name: Ann }]', undefined],
    ['users: [{ name: 1ann }]', undefined],
    ['users: [{ name: www-data }]', undefined],
    [`users: [{ name: ${'a'.repeat(33)} }]`, undefined],
    ['packages: [a]', undefined],
    ['packages: [nginx=1.2]', 'write the name alone: the version is the one of the archive'],
    ['packages: [nginx/stable]', 'write the name alone: the version is the one of the archive'],
    ['packages: [nginx curl]', 'write one package per item'],
    ['run: ["a\\0b"]', undefined],
    ['run: [""]', 'write a value, or remove the key'],
  ])('%s', (line, hint) => {
    const error = errorOf(spec(line));
    expect(error.code).toBe('VAPP_SPEC_VALUE');
    expect(error.hint).toBe(hint);
    expect(error.why ?? error.hint).toBeTruthy();
  });

  it('cuts long values and shows no escape sequences', () => {
    expect(errorOf(minimal(`hostname: "\\e[31m${'x'.repeat(200)}"`)).message).toMatch(
      /^hostname: "\\u001b\[31mx+…" is not a host name/,
    );
  });
});
