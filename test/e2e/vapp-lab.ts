import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa, type Options } from 'execa';
import { deferred } from '../../src/deferred.js';
import { type Lab, startLab } from './lab.js';

const top = new URL('../../', import.meta.url).pathname;
const install = 'DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends';

/** The lab of scripts/lab as a KVM host, with vapp in it, and shells there. */
export class VappLab {
  #lab: Lab | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'vapp-in-lab-'));
  /** One connection for all that a user does: under emulation each would take seconds. */
  readonly #shared = ['ControlMaster=auto', 'ControlPersist=3600', `ControlPath=${this.#folder}/%r`].flatMap(
    (option) => ['-o', option],
  );

  /** Boots it, and puts Node, vapp and these Debian packages there. `memory` in MiB; `more`: further paths of the working tree. */
  async start(o: { memory: number; packages?: string; more?: readonly string[] }): Promise<void> {
    this.#lab = await startLab('kvm', { memory: o.memory });
    if (o.packages)
      await this.run(`dpkg -s ${o.packages} > /dev/null || (apt-get update -q && ${install} ${o.packages})`);
    await this.put(process.execPath, '/usr/local/bin/node');
    const modules = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: top });
    const paths = modules.stdout.split('\n').slice(1);
    const names = paths.map((path) => path.slice(top.length));
    const ours = ['dist', 'src', 'domain-templates', 'package.json', ...(o.more ?? []), ...names];
    await this.putTree(top, ours, '/opt/vapp');
    await this.run(
      'chmod 755 /usr/local/bin/node /opt/vapp/dist/cli/main.js && ln -sf /opt/vapp/dist/cli/main.js /usr/local/bin/vapp',
    );
  }

  /** Runs a line of shell as root; rejects when it fails. */
  async run(line: string): Promise<string> {
    return (await execa('ssh', [...this.#ssh, line])).stdout.trim();
  }

  /** Makes an ordinary user, in these groups, whom ssh lets in. */
  async addUser(name: string, groups: string): Promise<void> {
    await this.run(
      `useradd --create-home --shell /bin/bash --groups ${groups} ${name} && ` +
        `install -d -m 700 -o ${name} -g ${name} ~${name}/.ssh && ` +
        `install -m 600 -o ${name} -g ${name} ~/.ssh/authorized_keys ~${name}/.ssh/authorized_keys`,
    );
  }

  /** Runs a line of shell as a user of the lab. */
  as(user: string, line: string, o: Options = {}) {
    return execa('ssh', ['-l', user, ...this.#ssh, line], { reject: false, stdin: 'ignore', ...o });
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

  /** Copies files and folders of a folder there. */
  async putTree(from: string, names: readonly string[], to: string): Promise<void> {
    await this.#send(
      ['tar', '--zstd', '-c', '-C', from, ...names],
      `(mkdir -p ${to} && tar --zstd -x --no-same-owner -C ${to})`,
    );
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
