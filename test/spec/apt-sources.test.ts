import { describe, expect, it } from 'vitest';
import { parseAptSources, pickMirrors } from '../../src/spec/apt-sources.js';

const list = '/etc/apt/sources.list';
const deb822 = '/etc/apt/sources.list.d/debian.sources';

const picked = (from: string, text: string) => {
  const { mirror, securityMirror } = pickMirrors(parseAptSources(from, text));
  return [mirror?.uri, securityMirror?.uri];
};

describe('parseAptSources', () => {
  it('reads one-line sources', () => {
    const text = `# deb http://commented.example/debian trixie main
deb [ arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] http://mirror.example/debian trixie main contrib # note
deb-src http://mirror.example/debian trixie main
nonsense
`;
    expect(parseAptSources(list, text)).toEqual([
      {
        types: ['deb'],
        uris: ['http://mirror.example/debian'],
        suites: ['trixie'],
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
        from: list,
      },
      {
        types: ['deb-src'],
        uris: ['http://mirror.example/debian'],
        suites: ['trixie'],
        components: ['main'],
        signedBy: '',
        from: list,
      },
    ]);
  });

  it('reads deb822 sources, with comments inside and names in any case', () => {
    const text = `# a comment
types: deb deb-src
# another
URIs: http://mirror.example/debian
  http://other.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
`;
    expect(parseAptSources(deb822, text)).toMatchObject([
      {
        types: ['deb', 'deb-src'],
        uris: ['http://mirror.example/debian', 'http://other.example/debian'],
        suites: ['trixie', 'trixie-updates'],
        signedBy: expect.stringContaining('PGP'),
      },
    ]);
  });

  it.each(['no', 'No', 'false', '0', 'off'])('honours Enabled: %s', (word) => {
    const text = `Enabled: ${word}\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n`;
    expect(parseAptSources(deb822, text)).toEqual([]);
  });
});

describe('pickMirrors', () => {
  it('finds both archives of a usual host', () => {
    const text = `Types: deb
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main
`;
    expect(pickMirrors(parseAptSources(deb822, text))).toEqual({
      mirror: { uri: 'http://mirror.example/debian', from: deb822 },
      securityMirror: { uri: 'http://mirror.example/debian-security', from: deb822 },
    });
  });

  it.each([
    ['cdrom:[Debian]/ trixie main'],
    ['file:/srv/mirror/debian trixie main'],
    ['copy:/srv/mirror/debian trixie main'],
    ['mirror+file:/etc/apt/mirrors/debian trixie main'],
    ['tor+http://mirror.example/debian trixie main'],
    ['http://ann:secret@mirror.example/debian trixie main'],
    ['http://mirror.example/$(ARCH)/debian trixie main'],
    ['http://mirror.example/ubuntu noble main'],
    ['http://mirror.example/debian trixie contrib'],
    ['[signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/stable/debian trixie main'],
    ['http://mirror.example/debian trixie-security main'],
  ])('passes over %s', (rest) => {
    expect(picked(list, `deb ${rest}\n`)).toEqual([undefined, undefined]);
  });

  it('passes over source packages', () => {
    expect(picked(list, 'deb-src http://mirror.example/debian trixie main\n')).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('prefers the archive that has an -updates suite', () => {
    const text = `deb https://vendor.example/debian trixie main
deb http://mirror.example/debian trixie main
deb http://mirror.example/debian trixie-updates main
deb http://mirror.example/debian-security trixie-security main
`;
    expect(picked(list, text)).toEqual([
      'http://mirror.example/debian',
      'http://mirror.example/debian-security',
    ]);
  });

  it('takes none as security archive that the installer could not name', () => {
    expect(picked(list, 'deb http://mirror.example/security trixie-security main\n')[1]).toBeUndefined();
  });
});
