import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuestMeter, guestOf, parseStat, processSeconds } from '../../scripts/measure/process.mjs';

const stat = (o: { name?: string; ticks: [number, number, number, number] }) =>
  `42 (${o.name ?? 'qemu'}) S 1 42 42 0 -1 4194560 100 0 0 0 ${o.ticks.join(' ')} 20 0 5 0 1234 0 0\n`;

const cmdline = (name: string) => `/usr/bin/qemu-system-x86_64\0-name\0guest=${name},debug-threads=on\0-S\0`;

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'vapp-proc-'));
  mkdirSync(join(proc, 'sys'));
});
afterEach(() => rmSync(proc, { recursive: true }));

const put = (pid: number, file: string, text: string): void => {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  writeFileSync(join(proc, String(pid), file), text);
};

describe('stat', () => {
  test('a name with blanks and parentheses does not shift the fields', () => {
    expect(parseStat(stat({ name: 'a) R (b c', ticks: [100, 20, 7, 3] }))).toEqual({
      own: 120,
      children: 10,
    });
  });

  test('this process, as the kernel shows it, has used no more than Node says', () => {
    const { user, system } = process.cpuUsage();
    const seconds = processSeconds(process.pid)!;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual((user + system) / 1e6 + 1);
  });

  test('children that were waited for count only when asked for', () => {
    put(7, 'stat', stat({ ticks: [100, 100, 50, 50] }));
    expect(processSeconds(7, { proc, hertz: 100 })).toBe(2);
    expect(processSeconds(7, { proc, hertz: 100, children: true })).toBe(3);
    expect(processSeconds(8, { proc, hertz: 100 })).toBeUndefined();
  });
});

test.each([
  [cmdline('vapp-build-x-installer'), 'vapp-build-x-installer'],
  ['qemu\0-name\0guest=plain\0', 'plain'],
  ['less\0guest=vapp-build-x\0', undefined],
  ['', undefined],
])('the guest of %j is %j', (text, name) => {
  expect(guestOf(text)).toBe(name);
});

describe('GuestMeter', () => {
  const meter = () => new GuestMeter((name) => name.startsWith('ours-'), { proc, hertz: 100 });

  test('sums the guests that fit, also after their end', () => {
    put(1, 'cmdline', cmdline('ours-installer'));
    put(1, 'stat', stat({ ticks: [300, 100, 0, 0] }));
    put(2, 'cmdline', cmdline('others'));
    put(2, 'stat', stat({ ticks: [9000, 0, 0, 0] }));
    const ours = meter();
    ours.sample();
    expect(ours.seconds()).toBe(4);
    rmSync(join(proc, '1'), { recursive: true });
    put(3, 'cmdline', cmdline('ours-finisher'));
    put(3, 'stat', stat({ ticks: [50, 0, 0, 0] }));
    ours.sample();
    expect(ours.seconds()).toBe(4.5);
    expect(ours.seconds((name) => name.endsWith('finisher'))).toBe(0.5);
  });

  test('reads known guests again without a look for new ones', () => {
    put(1, 'cmdline', cmdline('ours-installer'));
    put(1, 'stat', stat({ ticks: [100, 0, 0, 0] }));
    const ours = meter();
    ours.sample();
    put(1, 'stat', stat({ ticks: [250, 0, 0, 0] }));
    put(2, 'cmdline', cmdline('ours-finisher'));
    put(2, 'stat', stat({ ticks: [100, 0, 0, 0] }));
    ours.read();
    expect(ours.seconds()).toBe(2.5);
  });

  test('sees a guest whose process was still that of libvirt when it was looked at first', () => {
    put(1, 'cmdline', '/usr/sbin/libvirtd\0');
    put(1, 'stat', stat({ ticks: [100, 0, 0, 0] }));
    const ours = meter();
    ours.sample();
    expect(ours.seconds()).toBe(0);
    put(1, 'cmdline', cmdline('ours-installer'));
    ours.sample();
    expect(ours.seconds()).toBe(1);
  });

  test('a number that was free in between may be a guest’s', () => {
    const ours = meter();
    put(1, 'cmdline', 'make\0');
    for (let look = 0; look < 20; look++) ours.sample();
    rmSync(join(proc, '1'), { recursive: true });
    ours.sample();
    put(1, 'cmdline', cmdline('ours-installer'));
    put(1, 'stat', stat({ ticks: [200, 0, 0, 0] }));
    ours.sample();
    expect(ours.seconds()).toBe(2);
  });
});
