import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { emulatorCommand, emulatorDirectory } from '../../scripts/lab-files/emulator-files.mjs';
import { greets } from '../../scripts/lab-files/wait.mjs';
import { cacheDirectory } from '../../src/paths.js';
import { freePort } from './port.js';

export interface BuilderGuest {
  /** ssh(1) as the user of the builder, with a command line for the shell there. */
  ssh(command: string, o?: Options): ReturnType<typeof execa>;
  stop(): Promise<void>;
}

/** The QEMU of the lab where `scripts/lab create` has made it: guests of emulated SVM do better on it than on 7.2. */
function emulator(): { program: string; before: string[]; env: Record<string, string> } {
  const images = join(cacheDirectory(), 'lab');
  const found = existsSync(images)
    ? readdirSync(images)
        .map((name) => join(images, name, emulatorDirectory))
        .find((path) => existsSync(path))
    : undefined;
  return found ? emulatorCommand(found) : { program: 'qemu-system-x86_64', before: [], env: {} };
}

/** Seconds for the boot, on a processor that is emulated and shared. */
const bootLimit = 900;

/**
 * Starts a builder's disk as a guest that QEMU emulates, with or without AMD's SVM for guests of its own. One
 * processor, as in the lab: with two, guests of emulated SVM are lost. The disk is not changed.
 * The console's text goes to `NAME.console` in `directory`.
 */
export async function startBuilder(o: {
  name: string;
  disk: string;
  key: string;
  directory: string;
  svm: boolean;
}): Promise<BuilderGuest> {
  const overlay = join(o.directory, `${o.name}.qcow2`);
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', o.disk, overlay]);
  const port = await freePort();
  const words = [
    ['-name', o.name, '-nodefaults', '-no-reboot', '-display', 'none'],
    ['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', o.svm ? 'max' : 'max,-svm'],
    ['-smp', '1', '-m', '3072', '-serial', `file:${join(o.directory, `${o.name}.console`)}`],
    ['-drive', `file=${overlay},format=qcow2,if=virtio,cache=unsafe,discard=unmap`],
    ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:22`, '-device', 'virtio-net-pci,netdev=net'],
    ['-device', 'virtio-rng-pci'],
  ].flat();
  const log = { file: join(o.directory, `${o.name}.qemu`) };
  const { program, before, env } = emulator();
  const guest = execa('nice', ['-n', '19', program, ...before, ...words], {
    env,
    reject: false,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
  });
  const stop = async (): Promise<void> => {
    guest.kill('SIGKILL');
    await guest;
  };
  try {
    await untilGreeted(port, guest);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = join(o.directory, `${o.name}.hosts`);
  const options = [
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${hosts}`,
    'BatchMode=yes',
    'LogLevel=ERROR',
  ];
  const login = [...options.flatMap((option) => ['-o', option]), '-i', o.key, '-p', String(port)];
  const ssh = (command: string, more: Options = {}) =>
    execa('ssh', [...login, 'builder@127.0.0.1', command], { reject: false, stdin: 'ignore', ...more });
  return { ssh, stop };
}

async function untilGreeted(port: number, guest: Promise<unknown>): Promise<void> {
  let ended = false;
  void guest.then(() => {
    ended = true;
  });
  for (let tries = 0; tries < bootLimit && !ended; tries++) {
    if (await greets(port)) return;
    await sleep(1000);
  }
  throw new Error(ended ? 'QEMU has ended' : 'the builder does not answer');
}
