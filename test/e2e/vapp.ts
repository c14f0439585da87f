import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, afterEach } from 'vitest';
import { cacheDirectory } from '../../src/paths.js';

export const uri = process.env.VAPP_E2E_URI ?? 'qemu:///system';
const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** A user of vapp: a home with an SSH key of its own, and a state directory that no other run sees. Downloads are shared. */
export class TestUser {
  readonly home = mkdtempSync(join(tmpdir(), 'vapp-e2e-'));
  readonly key = join(this.home, '.ssh/id_ed25519');
  readonly env = {
    HOME: this.home,
    XDG_STATE_HOME: join(this.home, 'state'),
    XDG_CACHE_HOME: join(cacheDirectory(), '..'),
    LC_ALL: 'C.UTF-8',
    SUDO_USER: '',
  };

  async makeKey(): Promise<void> {
    mkdirSync(join(this.home, '.ssh'), { mode: 0o700 });
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.key]);
  }

  /** Runs vapp; rejects when it fails. */
  vapp(args: readonly string[], { on = uri, ...o }: Options & { on?: string } = {}) {
    return execa(process.execPath, [program, '--connect', on, ...args], { env: this.env, ...o });
  }

  /** Ids of all builds, in no order that tells their age. */
  builds(): string[] {
    return readdirSync(join(this.home, 'state/vapp/builds')).sort();
  }

  buildFile(build: string, name: string): string {
    return readFileSync(join(this.home, 'state/vapp/builds', build, name), 'utf8');
  }
}

/** For the tests of one file, to be called at its top. The home stays when one of them fails, to look at. */
export function testUser(): TestUser {
  const user = new TestUser();
  const states = new Set<string | undefined>();
  afterEach(({ task }) => void states.add(task.result?.state));
  // Registered first, it runs last.
  afterAll(() => {
    if (states.size === 1 && states.has('pass')) rmSync(user.home, { recursive: true, force: true });
  });
  return user;
}

/** virsh as an independent witness. */
export const virsh = async (...args: string[]): Promise<string> =>
  (await execa('virsh', ['-c', uri, ...args], { env: { LC_ALL: 'C' } })).stdout.trim();

/** Names of all domains, and of all volumes of the default pool. */
export async function hostState(): Promise<{ domains: string[]; volumes: string[] }> {
  const domains = (await virsh('list', '--all', '--name')).split('\n').filter(Boolean).sort();
  const pools = (await virsh('pool-list', '--all', '--name')).split('\n').map((name) => name.trim());
  if (!pools.includes('default')) return { domains, volumes: [] };
  const volumes = (await virsh('vol-list', 'default')).split('\n').slice(2);
  return {
    domains,
    volumes: volumes
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter(Boolean)
      .sort(),
  };
}
