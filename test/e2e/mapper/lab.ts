import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { type Lab, startLab } from '../lab.js';

const top = new URL('../../../', import.meta.url).pathname;
/** Of a Debian host on which vapp uses the mapper `device-mapper`. */
const packages = ['grub2-common', 'grub-pc-bin', 'grub-efi-amd64-bin', 'e2fsprogs'];

/** A privileged host: the lab of scripts/lab, with vapp in it, and root's shell. */
export class MapperLab {
  #lab: Lab | undefined;

  /** Boots it, and puts Node, vapp and what the mapper needs there. */
  async start(): Promise<void> {
    this.#lab = await startLab('kvm', { memory: 2048 });
    await this.run('DEBIAN_FRONTEND=noninteractive apt-get update -q');
    await this.run(
      `DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ${packages.join(' ')}`,
    );
    await this.put(process.execPath, '/usr/local/bin/node');
    const modules = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: top });
    const paths = modules.stdout.split('\n').slice(1);
    const names = paths.map((path) => path.slice(top.length));
    const tar = execa('tar', ['-c', '-C', top, 'dist', 'src', 'domain-templates', 'package.json', ...names], {
      encoding: 'buffer',
      maxBuffer: 2 ** 30,
    });
    await this.#send(tar.stdout, 'mkdir -p /opt/vapp && tar -x -C /opt/vapp');
    await tar;
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
    await this.#send(createReadStream(file), `dd of=${path} bs=1M iflag=fullblock conv=sparse status=none`);
  }

  /** Copies a file from there. */
  async get(path: string, file: string): Promise<void> {
    const child = execa('ssh', [...this.#ssh, `gzip -1c ${path}`], { encoding: 'buffer', buffer: false });
    const unpack = execa('gzip', ['-dc'], { encoding: 'buffer', buffer: false });
    await Promise.all([
      pipeline(child.stdout, unpack.stdin),
      pipeline(unpack.stdout, createWriteStream(file)),
    ]);
    await Promise.all([child, unpack]);
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
    await this.#lab?.stop();
  }

  get #ssh(): string[] {
    if (!this.#lab) throw new Error('the lab does not run');
    return ['-F', this.#lab.config, 'lab'];
  }

  async #send(from: NodeJS.ReadableStream, line: string): Promise<void> {
    const child = execa('ssh', [...this.#ssh, line]);
    await Promise.all([pipeline(from, child.stdin), child]);
  }
}
