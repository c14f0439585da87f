import { accessSync, constants, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cacheDirectory, stateDirectory } from '../../paths.js';
import { bad, type Finding, note, ok } from './check.js';

const GiB = 2 ** 30;

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? ok(`Node ${version}`)
    : bad(
        `Node ${version} is too old`,
        'vapp needs Node 20.19 or newer',
        'apt-get install nodejs   # on Debian 13',
      );
}

/** Programs that unpack and repack Debian packages. */
export async function checkTools(): Promise<Finding[]> {
  const tools = { xz: 'xz-utils', zstd: 'zstd' };
  return await Promise.all(
    Object.entries(tools).map(async ([program, pkg]) => {
      const { failed } = await execa(program, ['--version'], { reject: false, env: { LC_ALL: 'C' } });
      return failed
        ? bad(
            `${program} is missing`,
            'packages of the archive are unpacked with it',
            `apt-get install ${pkg}`,
          )
        : ok(program);
    }),
  );
}

export async function checkDirectories(): Promise<Finding[]> {
  return await Promise.all(
    [cacheDirectory(), stateDirectory()].map(async (directory) => {
      try {
        mkdirSync(directory, { recursive: true });
        accessSync(directory, constants.W_OK);
      } catch (error) {
        return bad(
          `${directory} cannot be written`,
          (error as Error).message,
          `install -d -o "$USER" ${directory}`,
        );
      }
      const { bavail, bsize } = await statfs(directory);
      const free = (bavail * bsize) / GiB;
      return free < 2
        ? note(
            `${directory} has ${free.toFixed(1)} GiB free`,
            'a first build keeps about 1 GiB of packages',
            `df -h ${directory}`,
          )
        : ok(`${directory}: ${free.toFixed(0)} GiB free`);
    }),
  );
}

/**
 * Process 1 must reap orphans: libvirt waits until a dead QEMU is gone, and under a process 1 that does not reap, each
 * virDomainDestroy takes 80 s (containers without an init).
 */
export async function checkReaper(): Promise<Finding> {
  await execa('setsid', ['--fork', 'sleep', '0.05'], { reject: false });
  // Some look around every second or two only.
  for (let looks = 0; looks < 4; looks++) {
    await sleep(1500);
    if (orphanZombies().length === 0) return ok('process 1 reaps its children');
  }
  return note(
    'process 1 does not reap its children',
    'ending a guest takes more than a minute',
    'docker run --init …   # or any init',
  );
}

function orphanZombies(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return /^\d+ \(sleep\) Z 1 /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
}
