import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { isAlive, processIdentity } from '../../src/build/records/process-identity.js';

const program = new URL('../../scripts/lab', import.meta.url).pathname;

export interface Lab {
  /** URI of the driver that the lab is started for. */
  uri: string;
  /** Runs a command in the lab as root; rejects when it fails. */
  ssh(...args: string[]): Promise<string>;
  /** Of ssh(1), in which the lab is the host `lab`. */
  config: string;
  /** ssh's words for a guest that the lab reaches. */
  jump: readonly string[];
  stop(): Promise<void>;
}

const prefix = 'vapp-e2e-lab-';
const ownerFile = 'owner.json';

const labIn =
  (state: string) =>
  (args: string[], stdout: 'inherit' | 'pipe' = 'pipe') =>
    execa(program, args, { env: { XDG_STATE_HOME: state }, stdin: 'ignore', stdout, stderr: 'inherit' });

/** A state directory that tells whose it is. */
function newState(): string {
  const state = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(state, ownerFile), JSON.stringify({ pid: process.pid, ...processIdentity() }));
  return state;
}

/** Ends the labs of test processes that were killed. */
async function stopOrphans(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const state = join(tmpdir(), name);
    const owner = join(state, ownerFile);
    if (!existsSync(owner) || isAlive(JSON.parse(readFileSync(owner, 'utf8')))) continue;
    await labIn(state)(['stop'], 'inherit');
    rmSync(state, { recursive: true, force: true });
  }
}

/**
 * Starts a hypervisor lab of its own, which takes minutes. With VAPP_E2E_LAB, the XDG_STATE_HOME of one that runs already,
 * that is used, and goes on running.
 */
export async function startLab(mode: 'kvm' | 'xen', o: { memory?: number } = {}): Promise<Lab> {
  const given = process.env.VAPP_E2E_LAB;
  const state = given ?? newState();
  const lab = labIn(state);
  if (!given) {
    await stopOrphans();
    await lab(['create'], 'inherit');
    const memory = o.memory === undefined ? [] : ['--memory', String(o.memory)];
    await lab(['start', mode, '--timeout', '1500', ...memory], 'inherit');
  }
  const { uris, files } = JSON.parse(String((await lab(['status', '--json'])).stdout)) as {
    uris: Record<'qemu' | 'xen', string>;
    files: { config: string };
  };
  return {
    uri: uris[mode === 'xen' ? 'xen' : 'qemu'],
    ssh: async (...args) => String((await lab(['ssh', ...args])).stdout),
    config: files.config,
    jump: ['-o', `ProxyCommand=ssh -F ${files.config} -W %h:%p lab`],
    stop: async () => {
      if (given) return;
      await lab(['stop'], 'inherit');
      rmSync(state, { recursive: true, force: true });
    },
  };
}
