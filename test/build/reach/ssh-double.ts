import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporary } from '../support.js';

/** What a stand-in for ssh(1) does when it logs in, is asked for a forward, and for a connection from there: lines of a shell script. */
export interface SshScript {
  login?: string;
  forward?: string;
  reach?: string;
}

/** A program that behaves as ssh does towards its caller, and writes down its arguments and process id. */
export function sshDouble({ login = 'exec cat', forward = 'echo 43210', reach = '' }: SshScript = {}) {
  const directory = temporary();
  const program = join(directory, 'ssh');
  const script = `#!/bin/sh
case " $* " in
*" -O forward "*) printf '%s\\n' "$@" >'${directory}/forward'; ${forward} ;;
*" -W "*) printf '%s\\n' "$@" >'${directory}/reach'; ${reach} ;;
*) printf '%s\\n' "$@" >'${directory}/login'; echo $$ >'${directory}/pid'; ${login} ;;
esac
`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const lines = (name: string) => readFileSync(join(directory, name), 'utf8').trim().split('\n');
  return {
    command: { program, options: ['-l', 'root'], host: 'kvm1' },
    arguments: (of: 'login' | 'forward' | 'reach') => lines(of),
    pid: () => Number(lines('pid')[0]),
  };
}

/** Whether a process is there. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
