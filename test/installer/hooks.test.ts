import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readHooks } from '../../src/installer/hooks.js';

const folder = new URL('../../src/installer/hooks/', import.meta.url).pathname;
const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const scripts = sources.filter((path) => readFileSync(path, 'utf8').startsWith('#!/bin/sh'));

const temporaryDirectory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'vapp-hooks-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

describe('readHooks', () => {
  it('carries every file of the folder in a tuned kit', async () => {
    const carried = new Set((await readHooks('tuned')).map(({ data }) => String(data)));
    expect(carried).toEqual(new Set(sources.map((path) => readFileSync(path, 'utf8'))));
  });

  it('carries the retriever and the log alone in a plain kit', async () => {
    const paths = (await readHooks('plain')).map(({ path }) => path);
    expect(paths).toEqual([
      'usr/lib/debian-installer-startup.d/S11vapp-log',
      'usr/lib/debian-installer/retriever/net-retriever',
    ]);
  });

  it('replaces hooks for packages that no install archive offers', async () => {
    const idle = (await readHooks('tuned')).filter(
      ({ path }) => /\/\d\d[^/]*$/.test(path) && !/vapp/.test(path),
    );
    expect(idle.map(({ path }) => path.replace(/.*\//, ''))).toEqual([
      '10laptop-detect',
      '50save-logs',
      '90popcon',
      '08hw-detect',
    ]);
    for (const { data } of idle) expect(String(data)).toMatch(/^#!\/bin\/sh\n(#.*\n)*exit 0\n$/);
  });

  it('makes scripts executable and nothing else', async () => {
    for (const { path, mode, data } of await readHooks('tuned')) {
      const script = String(data).startsWith('#!');
      expect([path, mode & 0o777]).toEqual([path, script ? 0o755 : 0o644]);
    }
  });
});

it.each(scripts)('%s is a shell script', (path) => {
  expect(() => execFileSync('dash', ['-n', path])).not.toThrow();
});

/** Runs a hook with a target directory and stubs for the installer's programs; gives back what was logged. */
const runHook = (
  name: string,
  prepare: (target: string, vapp: string) => void,
): { log: string; target: string } => {
  const root = temporaryDirectory();
  const [target, vapp, bin, log] = ['target', 'vapp', 'bin', 'log'].map((part) => join(root, part)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [target, bin, join(vapp, 'target')]) mkdirSync(path, { recursive: true });
  for (const part of ['interfaces', 'any-interface', 'grub.cfg', 'initramfs.conf', 'initramfs.modules']) {
    writeFileSync(join(vapp, 'target', part), readFileSync(join(folder, 'target', part)));
  }
  const rewrite = (text: string): string =>
    text.replaceAll(/(?<!lib)\/vapp\//g, `${vapp}/`).replace('T=/target', `T=${target}`);
  for (const library of ['lib.sh', 'appliance-lib.sh']) {
    writeFileSync(join(vapp, library), rewrite(readFileSync(join(folder, library), 'utf8')));
  }
  const stub = (program: string, body: string): void =>
    writeFileSync(join(bin, program), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  stub('logger', `shift 2; echo "$*" >> ${log}`);
  stub('log-output', 'shift 2; exec "$@"');
  // Of the target's programs only getent answers, which knows root, and a shell, whose first word is a path in the target.
  stub(
    'chroot',
    `[ "$2" != sh ] || exec sh "$3" "$4" sh "$1$6" "$7"; shift; [ "$1" = getent ] || exec echo "$*" >> ${log}; [ "$3" = root ] && echo root:x:0:0::/root:/bin/sh`,
  );
  stub('in-target', 'exec "$@"');
  for (const program of ['sleep', 'poweroff']) stub(program, `echo "${program} $*" >> ${log}`);
  prepare(target, vapp);
  const script = rewrite(readFileSync(join(folder, name), 'utf8'));
  try {
    execFileSync('dash', [], { input: script, env: { PATH: `${bin}:${process.env.PATH}` } });
  } catch (error) {
    writeFileSync(log, `status ${(error as { status: number }).status}\n`, { flag: 'a' });
  }
  return { log: readFileSync(log, 'utf8').replaceAll(root, ''), target };
};

const write = (path: string, text: string): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};

describe('finish-clean', () => {
  const dhcp = 'auto lo\niface lo inet loopback\n\nallow-hotplug enp0s2\niface enp0s2 inet dhcp\n';
  const moduleSettings = '# Local module settings\n# Created by the Debian installer\n\n';
  const sources = 'deb http://mirror.example/debian trixie main\n';

  it('takes the installation’s traces away', () => {
    const { log, target } = runHook('finish-clean', (target) => {
      write(join(target, 'etc/network/interfaces'), dhcp);
      write(join(target, 'etc/resolv.conf'), 'nameserver 10.0.2.3\n');
      write(join(target, 'etc/apt/sources.list'), sources);
      write(join(target, 'etc/apt/apt.conf'), 'Acquire::http::Proxy "http://10.0.2.2:3142";\n');
      write(join(target, 'etc/apt/trusted.gpg.d/zz-vapp-install.gpg'), 'key');
      write(join(target, 'var/lib/apt/lists/mirror_Packages'), 'list');
      write(join(target, 'etc/modprobe.d/local.conf'), `${moduleSettings}options ipv6 disable=1\n`);
    });
    expect(log).toBe('VAPP installation settings removed\n');
    const interfaces = readFileSync(join(target, 'etc/network/interfaces'), 'utf8');
    expect(interfaces).toContain('allow-hotplug /en* /eth*');
    expect(interfaces).not.toContain('enp0s2');
    const script = join(target, /\tscript (.*)/.exec(interfaces)![1]!);
    expect(execFileSync(script).toString()).toBe('wired\n');
    expect(readFileSync(join(target, 'etc/resolv.conf'), 'utf8')).toBe('');
    expect(readdirSync(join(target, 'etc/apt'))).toEqual(['sources.list', 'trusted.gpg.d']);
    expect(readdirSync(join(target, 'etc/apt/trusted.gpg.d'))).toEqual([]);
    expect(readdirSync(join(target, 'var/lib/apt/lists'))).toEqual([]);
    expect(readdirSync(join(target, 'etc/modprobe.d'))).toEqual([]);
  });

  it('gives the system the domain of the spec, not that of the build’s network', () => {
    const { target } = runHook('finish-clean', (target, vapp) => {
      write(join(target, 'etc/network/interfaces'), dhcp);
      write(join(target, 'etc/apt/sources.list'), sources);
      write(join(target, 'etc/hostname'), 'web\n');
      write(join(target, 'etc/hosts'), '127.0.0.1\tlocalhost\n127.0.1.1\tweb.lan\tweb\n\n::1\tlocalhost\n');
      write(join(vapp, 'options'), "VAPP_DOMAIN='example.org'\n");
    });
    expect(readFileSync(join(target, 'etc/hosts'), 'utf8')).toBe(
      '127.0.0.1\tlocalhost\n127.0.1.1\tweb.example.org\tweb\n\n::1\tlocalhost\n',
    );
  });

  it('keeps what else stands in a file of settings, and a network that is not plain DHCP', () => {
    const fixed = 'iface enp0s2 inet static\n\taddress 192.0.2.7/24\n';
    const { target } = runHook('finish-clean', (target) => {
      write(join(target, 'etc/network/interfaces'), fixed);
      write(join(target, 'etc/apt/sources.list'), sources);
      write(join(target, 'etc/apt/apt.conf'), 'Acquire::https::Proxy "x";\nAPT::Get::Assume-Yes "true";\n');
      write(
        join(target, 'etc/modprobe.d/local.conf'),
        `${moduleSettings}options ipv6 disable=1\noptions snd index=1\n`,
      );
    });
    expect(readFileSync(join(target, 'etc/modprobe.d/local.conf'), 'utf8')).toBe(
      `${moduleSettings}options snd index=1\n`,
    );
    expect(readFileSync(join(target, 'etc/network/interfaces'), 'utf8')).toBe(fixed);
    expect(readFileSync(join(target, 'etc/apt/apt.conf'), 'utf8')).toBe('APT::Get::Assume-Yes "true";\n');
  });

  it('fails when the proxy is named anywhere', () => {
    const { log } = runHook('finish-clean', (target, vapp) => {
      write(join(target, 'etc/network/interfaces'), dhcp);
      write(join(target, 'etc/apt/sources.list'), sources);
      write(join(target, 'etc/environment'), 'http_proxy=http://10.0.2.2:3142\n');
      write(join(vapp, 'options'), "VAPP_PROXY='10.0.2.2:3142'\n");
    });
    expect(log).toContain('VAPP failed proxy 10.0.2.2:3142 is still in /target/etc/environment\n');
    expect(log).toContain('poweroff -f\nstatus 1\n');
  });

  it('gives depmod back and lays the module index down', () => {
    const { log, target } = runHook('finish-clean', (target, vapp) => {
      write(join(target, 'etc/network/interfaces'), dhcp);
      write(join(target, 'etc/apt/sources.list'), sources);
      write(join(target, 'usr/sbin/depmod'), 'stub');
      write(join(target, 'usr/lib/modules/6.12/modules.order'), '');
      write(join(target, 'usr/lib/modules/6.11/modules.order'), '');
      write(join(vapp, 'modfiles/6.12/modules.dep'), 'index');
    });
    expect(readFileSync(join(target, 'usr/lib/modules/6.12/modules.dep'), 'utf8')).toBe('index');
    expect(log).toContain('dpkg-divert --local --rename --remove /usr/sbin/depmod');
    expect(log).toContain('depmod 6.11');
    expect(log).not.toContain('depmod 6.12');
  });
});

describe('base-installer', () => {
  it('gives apt the build key, idles update-initramfs, names the drivers of virtual hardware', () => {
    const { log, target } = runHook('base-installer', (target, vapp) => {
      for (const path of ['etc/apt/trusted.gpg.d', 'usr/sbin'])
        mkdirSync(join(target, path), { recursive: true });
      write(join(vapp, 'build-key.gpg'), 'key');
    });
    expect(readFileSync(join(target, 'etc/apt/trusted.gpg.d/zz-vapp-install.gpg'), 'utf8')).toBe('key');
    expect(log).toContain('--divert /usr/sbin/update-initramfs.vapp --add /usr/sbin/update-initramfs\n');
    expect(log).not.toContain('depmod');
    expect(log).toContain('VAPP initramfs deferred\n');
    expect(readFileSync(join(target, 'etc/initramfs-tools/modules'), 'utf8')).toMatch(/^ext4$/m);
    expect(readFileSync(join(target, 'etc/default/grub.d/vapp.cfg'), 'utf8')).toContain('console=ttyS0');
  });

  it('leaves the initramfs to the distribution when it is asked to', () => {
    const { target } = runHook('base-installer', (target, vapp) => {
      for (const path of ['etc/apt', 'usr/sbin']) mkdirSync(join(target, path), { recursive: true });
      write(join(vapp, 'options'), 'VAPP_INITRAMFS=most\n');
    });
    expect(readdirSync(join(target, 'etc'))).toEqual(['apt', 'default']);
  });
});

describe('finish-appliance', () => {
  const run = (script: string) =>
    runHook('finish-appliance', (target, vapp) => {
      for (const path of ['root', 'etc/sudoers.d']) mkdirSync(join(target, path), { recursive: true });
      write(join(vapp, 'appliance.sh'), script);
    });

  it('makes users, and unlocks the account of one without a password for keys', () => {
    const { log } = run("vapp_user a '$6$salt$hash' ''\nvapp_user b '' ''\nvapp_user root '' ''\n");
    expect(log.split('\n').slice(0, -1)).toEqual([
      'VAPP user a',
      'adduser --disabled-password --comment  a',
      'usermod --password $6$salt$hash a',
      'VAPP user b',
      'adduser --disabled-password --comment  b',
      'usermod --password * b',
      'VAPP user root',
    ]);
  });

  it('writes keys that their owner alone reads', () => {
    const { log, target } = run("vapp_keys root 'ssh-ed25519 A a' 'ssh-ed25519 B b'\nvapp_keys root third\n");
    const path = join(target, 'root/.ssh/authorized_keys');
    expect(readFileSync(path, 'utf8')).toBe('ssh-ed25519 A a\nssh-ed25519 B b\nthird\n');
    expect([path, join(path, '..')].map((one) => statSync(one).mode & 0o777)).toEqual([0o600, 0o700]);
    expect(log).toContain('chown -R root: /root/.ssh\n');
  });

  it('fails for keys of nobody, and for sudo without the package', () => {
    expect(run('vapp_keys nobody key\n').log).toContain(
      'VAPP failed keys of nobody: there is no such user\n',
    );
    expect(run("vapp_user a '' free\n").log).toContain(
      'VAPP failed sudo of a: the package sudo is not installed\n',
    );
  });

  it('puts files where they belong, with their permissions, and makes directories', () => {
    const { log, target } = runHook('finish-appliance', (_, vapp) => {
      write(join(vapp, 'files/1'), 'one');
      write(join(vapp, 'files/2'), 'two');
      write(join(vapp, 'appliance.sh'), "vapp_file 1 '/a b/c/d' 0640\nvapp_file 2 /e 0755\n");
    });
    expect(log).toBe('VAPP file 1\nVAPP file 2\n');
    const found = ['a b/c/d', 'e'].map((name) => {
      const path = join(target, name);
      return [readFileSync(path, 'utf8'), statSync(path).mode & 0o777];
    });
    expect(found).toEqual([
      ['one', 0o640],
      ['two', 0o755],
    ]);
  });

  it('stops the installation at a file that cannot be written', () => {
    const { log } = runHook('finish-appliance', (target, vapp) => {
      write(join(target, 'a'), 'no directory');
      write(join(vapp, 'files/1'), 'one');
      write(join(vapp, 'appliance.sh'), 'vapp_file 1 /a/b 0644\nvapp_run 1 true\n');
    });
    expect(log).toMatch(/^VAPP file 1\nVAPP failed file 1 [1-9]\d*\nsleep 5\npoweroff -f\nstatus 1\n$/);
  });

  it('runs lines with empty input and without questions, each announced', () => {
    const { log } = run(
      'vapp_run 1 \'cat; echo "$DEBIAN_FRONTEND" > "$HOME/vapp-run"\'\nvapp_run 2 true\n'.replaceAll(
        '$HOME',
        tmpdir(),
      ),
    );
    expect(log).toBe('VAPP run 1\nVAPP run 2\n');
    const answer = join(tmpdir(), 'vapp-run');
    onTestFinished(() => rmSync(answer));
    expect(readFileSync(answer, 'utf8')).toBe('noninteractive\n');
  });

  it('stops the installation at the first line that fails, and says which', () => {
    const { log } = run("vapp_run 1 true\nvapp_run 2 'false; true'\nvapp_run 3 true\n");
    expect(log).toBe('VAPP run 1\nVAPP run 2\nVAPP failed run 2 1\nsleep 5\npoweroff -f\nstatus 1\n');
  });
});

describe('finish-end', () => {
  const hooks = ['partman-finish', 'base-installer', 'finish-appliance', 'finish-clean'];

  it('gives the end mark when every hook has finished', () => {
    const { log } = runHook('finish-end', (_, vapp) => {
      for (const hook of hooks) write(join(vapp, 'finished', hook), '');
    });
    expect(log).toMatch(/^VAPP end ok\n/);
  });

  it.each(hooks)('gives none without %s', (missing) => {
    const { log } = runHook('finish-end', (_, vapp) => {
      for (const hook of hooks) if (hook !== missing) write(join(vapp, 'finished', hook), '');
    });
    expect(log).toContain(`VAPP failed ${missing} did not run`);
    expect(log).not.toContain('end ok');
  });
});
