import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addresses, knownHosts, sshConfig, sshWrapper } from '../../scripts/lab-files/addresses.mjs';
import { parseCommand } from '../../scripts/lab-files/arguments.mjs';
import { availableMemory, freePort, needMemory } from '../../scripts/lab-files/host.mjs';
import { qemuArguments } from '../../scripts/lab-files/modes.mjs';
import { needPrograms } from '../../scripts/lab-files/programs.mjs';
import { makeRecipe, mmdebstrapArguments, recipeHash } from '../../scripts/lab-files/recipe.mjs';
import { greets, lastLines } from '../../scripts/lab-files/wait.mjs';
import { releases } from '../../src/releases.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-lab-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('command line', () => {
  test('numbers come as numbers, what is not given is left to the mode', () => {
    expect(parseCommand(['start', 'xen', '--memory', '3072'])).toEqual({
      command: 'start',
      mode: 'xen',
      options: { memory: 3072 },
    });
  });

  test('all that follows ssh is ssh’s', () => {
    const rest = ['-N', '-R', '1:127.0.0.1:2', '--', '--json'];
    expect(parseCommand(['ssh', ...rest])).toEqual({ command: 'ssh', rest });
  });

  test.each([
    [[], /a command is missing/],
    [['boot'], /no command "boot"/],
    [['toString'], /no command "toString"/],
    [['start'], /start takes kvm or xen/],
    [['start', 'vmware'], /start takes kvm or xen/],
    [['start', 'kvm', 'xen'], /start does not take "xen"/],
    [['stop', 'kvm'], /stop does not take "kvm"/],
    [['stop', '--json'], /'--json'/],
    [['start', 'kvm', '--memory', '4G'], /--memory takes a whole number, not "4G"/],
    [['start', 'kvm', '--port', '65536'], /--port takes/],
    [['start', 'kvm', '--timeout', '0'], /--timeout takes/],
  ])('%j is refused', (words, message) => {
    expect(() => parseCommand(words)).toThrow(message);
  });
});

describe('recipe', () => {
  const o = { release: releases['debian-13']!, mirror: 'http://mirror.example/debian', setUp: 'echo' };

  test('takes the host’s mirror, and the distribution’s where the host names none', () => {
    const { mirror, securityMirror } = o.release;
    expect(makeRecipe(o).sources[0]).toMatch(/^http:\/\/mirror\.example\/debian trixie main/);
    expect(makeRecipe(o).sources[1]).toContain(securityMirror);
    expect(makeRecipe({ ...o, mirror: undefined }).sources[0]).toContain(mirror);
  });

  test('another set-up or mirror is another image, the same is the same', () => {
    const hash = recipeHash(makeRecipe(o));
    expect(recipeHash(makeRecipe({ ...o }))).toBe(hash);
    expect(recipeHash(makeRecipe({ ...o, setUp: 'true' }))).not.toBe(hash);
    expect(recipeHash(makeRecipe({ ...o, mirror: 'http://other.example/debian' }))).not.toBe(hash);
  });

  test('the archive is verified with our keyring', () => {
    const words = mmdebstrapArguments(makeRecipe(o), { tree: '/t', keyring: '/k.asc', setUpFile: '/s' });
    const sources = words.filter((word) => word.startsWith('deb '));
    expect(sources).toHaveLength(2);
    for (const source of sources) expect(source).toMatch(/^deb \[signed-by=\/k\.asc\] http/);
  });

  test('set-up is a shell script without mistakes of syntax', () => {
    const file = new URL('../../scripts/lab-files/set-up', import.meta.url).pathname;
    expect(execFileSync('sh', ['-n', file], { encoding: 'utf8' })).toBe('');
  });
});

describe('QEMU', () => {
  const o = {
    id: 'u-u-i-d',
    memory: 4096,
    processors: 2,
    port: 2222,
    publicKey: 'ssh-ed25519 AAAA vapp-lab\n',
    overlay: '/a,b/overlay.qcow2',
    console: '/c',
  };
  const optionOf = (args: string[], option: string) => args[args.indexOf(option) + 1];

  test('listens on the loopback address only', () => {
    expect(optionOf(qemuArguments({ ...o, mode: 'kvm' }), '-netdev')).toBe(
      'user,id=net,hostfwd=tcp:127.0.0.1:2222-:22',
    );
  });

  test('a comma in a path does not end it', () => {
    expect(optionOf(qemuArguments({ ...o, mode: 'kvm' }), '-drive')).toMatch(
      /^file=\/a,,b\/overlay\.qcow2,format=qcow2,/,
    );
  });

  test.each(['kvm', 'xen'] as const)('the key reaches the kernel of %s as a credential', (mode) => {
    const args = qemuArguments({ ...o, mode });
    const kernel = optionOf(args, mode === 'kvm' ? '-append' : '-initrd')!;
    const [, text = ''] = /set_credential_binary=ssh\.authorized_keys\.root:([^ ,]+)/.exec(kernel)!;
    expect(Buffer.from(text, 'base64').toString()).toBe(o.publicKey);
  });

  test('Xen is the kernel, with Linux and its initrd as modules', () => {
    const args = qemuArguments({ ...o, mode: 'xen' });
    expect(optionOf(args, '-kernel')).toBe('xen');
    expect(optionOf(args, '-initrd')).toMatch(/^vmlinuz [^,]*,initrd\.img$/);
    expect(optionOf(args, '-cpu')!.split(',')).toEqual(
      expect.arrayContaining(['-smap', '-rdtscp', '-xsave']),
    );
  });
});

describe('host', () => {
  test('memory that is not there is named, with what would fit', () => {
    expect(() => needMemory('kvm', 4096, 4608)).not.toThrow();
    expect(() => needMemory('kvm', 4096, 4607)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('only 4607 are available'),
        hint: ['Type: scripts/lab start kvm --memory 3840'],
      }),
    );
    expect(() => needMemory('xen', 6144, 3000)).toThrow(
      expect.objectContaining({ hint: [expect.stringContaining('needs 3072 MiB')] }),
    );
    expect(() => needMemory('xen', 1024, 9000)).toThrow(/too small for a Xen host/);
  });

  test('available memory is what the kernel says, in MiB', () => {
    expect(availableMemory('MemTotal: 9 kB\nMemAvailable:    8388608 kB\n')).toBe(8192);
    expect(availableMemory()).toBeGreaterThan(0);
  });

  test('a port that is taken is refused; without a wish a free one is found', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(freePort(port)).rejects.toMatchObject({ message: `port ${port} of 127.0.0.1 is taken` });
    await new Promise((resolve) => server.close(resolve));
    expect(await freePort(port)).toBe(port);
    expect(await freePort()).toBeGreaterThan(1023);
  });

  test('missing programs are named with their packages, each once', () => {
    expect(() => needPrograms(['qemu-img', 'ssh', 'ssh-keygen'], ['/nowhere'])).toThrow(
      expect.objectContaining({
        message: 'missing: qemu-img, ssh, ssh-keygen',
        hint: ['Type: apt-get install --no-install-recommends qemu-utils openssh-client'],
      }),
    );
    writeFileSync(join(directory, 'ssh'), '');
    expect(() => needPrograms(['ssh'], [directory])).toThrow(/missing: ssh/);
    chmodSync(join(directory, 'ssh'), 0o755);
    expect(() => needPrograms(['ssh'], [directory])).not.toThrow();
  });
});

describe('addresses', () => {
  const place = { port: 2222, key: '/k?y&1/id', knownHosts: '/h/known', wrapper: '/w/ssh' };

  test('paths survive in URIs', () => {
    const { qemu, xenLibssh: xen } = addresses(place);
    expect(new URL(qemu).searchParams.get('keyfile')).toBe(place.key);
    expect(new URL(qemu).searchParams.get('command')).toBe('/w/ssh');
    expect(xen).toMatch(/^xen\+libssh:\/\/root@127\.0\.0\.1:2222\/system\?/);
    expect(new URL(xen).searchParams.get('known_hosts')).toBe('/h/known');
  });

  test('ssh takes the configuration as it is meant', () => {
    const config = join(directory, 'config');
    writeFileSync(config, sshConfig({ port: 2222, key: '/a 100% b/id', knownHosts: '/h/known' }));
    const said = execFileSync('ssh', ['-G', '-F', config, 'lab'], { encoding: 'utf8' }).split('\n');
    expect(said).toEqual(
      expect.arrayContaining([
        'hostname 127.0.0.1',
        'port 2222',
        'user root',
        // Shown as it is written: ssh makes one of two percent signs when it opens the file.
        'identityfile /a 100%% b/id',
        'userknownhostsfile /h/known',
        'hostkeyalias vapp-lab',
        'stricthostkeychecking true',
      ]),
    );
  });

  test('libvirt’s no_verify does not turn the check off', () => {
    const config = join(directory, "it's");
    writeFileSync(config, sshConfig({ port: 2222, key: '/k', knownHosts: '/h' }));
    const wrapper = join(directory, 'ssh');
    writeFileSync(wrapper, sshWrapper(config), { mode: 0o755 });
    const args = ['-G', '-o', 'StrictHostKeyChecking=no', '127.0.0.1'];
    expect(execFileSync(wrapper, args, { encoding: 'utf8' })).toContain('stricthostkeychecking true');
  });

  test('the host key is found by the alias, and by address and port', () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'host')]);
    const key = execFileSync('cat', [join(directory, 'host.pub')], { encoding: 'utf8' });
    const file = join(directory, 'known');
    writeFileSync(file, knownHosts(2222, key));
    const find = (name: string) =>
      execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' }).trim().split('\n').at(-1);
    for (const name of ['vapp-lab', '[127.0.0.1]:2222']) expect(find(name)).toContain(key.split(' ')[1]);
  });
});

describe('waiting', () => {
  const serve = async (greeting?: string) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (greeting) socket.end(greeting);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as { port: number }).port, close: () => server.close() };
  };

  test.each([
    ['SSH-2.0-x\r\n', true],
    ['HTTP/1.1 200\r\n', false],
    // QEMU's user network takes the connection before anybody in the guest listens.
    [undefined, false],
  ])('a server that says %j is an sshd: %j', async (greeting, expected) => {
    const { port, close } = await serve(greeting);
    expect(await greets(port, 100)).toBe(expected);
    close();
  });

  test('the end of a console is readable', () => {
    const text = 'one\r\n\x1b[!p\x1b]104\x07\x1b[?7h\r\n\x1b[32766;32766H\x1b[6ntwo\r\n\x1b]0;t\x1b\\three\n';
    expect(lastLines(text, 2)).toEqual(['two', 'three']);
  });
});
