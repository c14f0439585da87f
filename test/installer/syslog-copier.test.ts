import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sharedConsoleArgument, splitConsole } from '../../src/shared-console.js';

let root: string;
let running: ResultPromise;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vapp-copier-'));
  for (const path of ['proc/sys/kernel', 'dev', 'var/log']) mkdirSync(join(root, path), { recursive: true });
});
afterEach(async () => {
  await running;
  rmSync(root, { recursive: true });
});

/** Runs the hook with its paths below `root`. */
function start(cmdline: string): void {
  writeFileSync(join(root, 'proc/cmdline'), `${cmdline}\n`);
  writeFileSync(join(root, 'var/log/syslog'), 'first line\n');
  const hook = readFileSync(new URL('../../src/installer/hooks/syslog-copier', import.meta.url), 'utf8');
  const script = hook.replace(/\/(?=(?:proc|dev|var)\/(?!null))/g, `${root}/`);
  // Not every awk writes before its input ends, as that of the installer (busybox) does; this log ends.
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/tail'), '#!/bin/sh\ncat "$4"\n', { mode: 0o755 });
  const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}` };
  running = execa('sh', ['-c', `${script}\nwait`], { reject: false, stdio: 'ignore', env });
}

const written = (name: string): string => {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch {
    return '';
  }
};

test('the log goes to the second port as it is', async () => {
  start('auto=true console=ttyS0,115200');
  await expect.poll(() => written('dev/ttyS1')).toBe('first line\n');
  expect(written('proc/sys/kernel/printk')).toBe('');
});

test('on a shared console each line is one that the builder takes out again, and the kernel is quiet', async () => {
  start(`console=hvc0 ${sharedConsoleArgument}`);
  await expect.poll(() => written('dev/console')).not.toBe('');
  let log = '';
  const take = splitConsole({
    first: (chunk) => expect(chunk.toString()).toBe(''),
    second: (chunk) => {
      log += chunk.toString();
    },
  });
  take(readFileSync(join(root, 'dev/console')));
  expect(log).toBe('first line\n');
  expect(written('proc/sys/kernel/printk')).toBe('1\n');
});
