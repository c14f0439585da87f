import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { deferred } from '../../../src/deferred.js';
import { type Lab, startLab } from '../lab.js';

const top = new URL('../../../', import.meta.url).pathname;
/** Of a Debian host on which vapp uses the mapper `device-mapper`. */
const packages = 'grub2-common grub-pc-bin grub-efi-amd64-bin e2fsprogs';
const install = 'DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends';

/** A privileged host: the lab of scripts/lab, with vapp in it, and root's shell. */
export class MapperLab {
  #lab: Lab | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'vapp-mapper-'));
  /** One connection for all: under emulation each would take seconds. */
  readonly #shared = ['ControlMaster=auto', 'ControlPersist=3600', `ControlPath=${this.#folder}/ssh`].flatMap(
    (option) => ['-o', option],
  );

  /** Boots it, and puts Node, vapp and what the mapper needs there. */
  async start(): Promise<void> {
    this.#lab = await startLab('kvm', { memory: 2048 });
    await this.run(`dpkg -s ${packages} > /dev/null || (apt-get update -q && ${install} ${packages})`);
    await this.put(process.execPath, '/usr/local/bin/node');
    const modules = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: top });
    const paths = modules.stdout.split('\n').slice(1);
    const names = paths.map((path) => path.slice(top.length));
    const ours = ['dist', 'src', 'domain-templates', 'package.json', ...names];
    await this.run('mkdir -p /opt/vapp');
    await this.#send(['tar', '--zstd', '-c', '-C', top, ...ours], 'tar --zstd -x -C /opt/vapp');
    await this.put(join(top, 'test/e2e/mapper/interrupt.mjs'), '/opt/vapp/interrupt.mjs');
    await this.run(
      'chmod 755 /usr/local/bin/node /opt/vapp/dist/cli/main.js && ln -sf /opt/vapp/dist/cli/main.js /usr/local/bin/vapp',
    );
  }

  /** Runs a line of shell as root; rejects when it fails. */
  async run(line: string): Promise<string> {
    return (await execa('ssh', [...this.#ssh, line])).stdout.trim();
  }

  async vapp(args: string): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
    const { exitCode, stdout, stderr } = await execa('ssh', [...this.#ssh, `vapp ${args}`], {
      reject: false,
    });
    return { exitCode, stdout, stderr };
  }

  /** Copies a file there, its holes as holes. */
  async put(file: string, path: string): Promise<void> {
    await this.#send(['zstd', '-q', '-c', file], `zstd -q -d -f --sparse -o ${path}`);
  }

  /** Copies a file from there. */
  async get(path: string, file: string): Promise<void> {
    await this.#listen(
      async (socket) => {
        const unpack = execa('zstd', ['-q', '-d', '-f', '--sparse', '-o', file]);
        await Promise.all([pipeline(socket, unpack.stdin), unpack]);
      },
      (nc) => `zstd -q -1 -c ${path} | ${nc('-N')}`,
    );
  }

  /** Everything of the kind that the mapper makes, as the host's own tools tell it. */
  async things(): Promise<string> {
    return await this.run(
      'dmsetup ls; losetup --list --noheadings --output NAME,BACK-FILE; findmnt --raw --noheadings --output TARGET,SOURCE;' +
        ' cat /sys/block/nbd*/pid 2>/dev/null; ls -A ~/.local/state/vapp/device-mapper 2>/dev/null;' +
        ' ls /dev/mapper /dev/disk/by-uuid; pgrep -a -x "unshare|qemu-nbd|grub-install|flock"; true',
    );
  }

  async stop(): Promise<void> {
    if (this.#lab) await execa('ssh', ['-O', 'exit', ...this.#ssh], { reject: false });
    rmSync(this.#folder, { recursive: true });
    await this.#lab?.stop();
  }

  get #ssh(): string[] {
    if (!this.#lab) throw new Error('the lab does not run');
    return ['-F', this.#lab.config, ...this.#shared, 'lab'];
  }

  /** Gives what a program prints to a line of shell. */
  async #send([program = '', ...args]: readonly string[], line: string): Promise<void> {
    await this.#listen(
      async (socket) => {
        const child = execa(program, args, { encoding: 'buffer', buffer: false });
        await Promise.all([pipeline(child.stdout, socket), child]);
      },
      (nc) => `${nc('-d')} | ${line}`,
    );
  }

  /**
   * Runs a line there that calls back, and serves the call. Not through ssh, whose ciphers carry 1 MB in a second under
   * emulation: QEMU's own network has this machine's 127.0.0.1 at 10.0.2.2.
   */
  async #listen(
    serve: (socket: Socket) => Promise<void>,
    line: (nc: (option: string) => string) => string,
  ): Promise<void> {
    const served = deferred<void>();
    const server = createServer((socket) => served.resolve(serve(socket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await this.run(line((option) => `nc ${option} 10.0.2.2 ${port}`));
      await served.promise;
    } finally {
      server.close();
    }
  }
}
