import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { holdOpen } from '../../../src/bootloader/device-mapper/held.js';
import { runOnHost } from '../../../src/bootloader/device-mapper/run.js';

const lives = (pid: number | string): boolean => existsSync(`/proc/${pid}`);

describe('holdOpen', () => {
  it('lasts until it is closed', async () => {
    const { pid, close } = await holdOpen(['env']);
    expect(lives(pid)).toBe(true);
    await close();
    expect(lives(pid)).toBe(false);
  });

  it('rejects with what the program says that does not get as far as cat', async () => {
    await expect(holdOpen(['env', '--no-such-option'])).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_PROGRAM',
      why: expect.stringContaining('no-such-option'),
    });
  });

  it('ends with a process that is killed', async () => {
    const program = new URL('../../../dist/bootloader/device-mapper/held.js', import.meta.url).href;
    const script = `const { holdOpen } = await import('${program}'); console.log((await holdOpen(['env'])).pid);`;
    const child = execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false });
    for await (const pid of createInterface({ input: child.stdout })) {
      expect(lives(pid)).toBe(true);
      child.kill('SIGKILL');
      await child;
      await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false);
    }
    expect.assertions(2);
  });
});

describe('runOnHost', () => {
  it('gives what the program prints, and takes its input', async () => {
    expect(await runOnHost(['cat'], { input: 'words\n' })).toBe('words');
  });

  it('rejects with the last line of what a failing program says', async () => {
    await expect(runOnHost(['sh', '-c', 'echo one >&2; echo two >&2; exit 3'])).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_PROGRAM',
      message: 'sh failed',
      why: 'two',
      excerpt: 'one\ntwo',
    });
    await expect(runOnHost(['false'])).rejects.toMatchObject({ why: 'it ended with status 1' });
  });

  it('ends the program when the signal comes, with its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = runOnHost(['sleep', '1000'], { signal: stop.signal });
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('runs in English, and finds the programs of root', async () => {
    expect(await runOnHost(['sh', '-c', 'echo $LC_ALL $PATH'])).toMatch(/^C .*:\/usr\/sbin/);
  });
});
