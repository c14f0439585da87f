import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cpioFrame, fileType, parents, readCpio, writeCpio } from '../../src/installer/cpio.js';
import { directory, file, link } from '../../src/installer/tree.js';

const temporaryDirectory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'vapp-cpio-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

const entries = [
  directory('etc'),
  file('etc/shadow', 'root:*\n', 0o600),
  file('etc/empty', ''),
  file('etc/ümlaut and blank', 'x'),
  link('sh', 'usr/bin/dash'),
  file('run', '#!/bin/sh\n', 0o755),
];

describe('writeCpio', () => {
  it('is read by cpio, which finds names, modes, owner and time', () => {
    const listing = execFileSync('cpio', ['-tv', '--numeric-uid-gid', '--quiet'], {
      input: writeCpio(entries),
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    }).toString();
    const lines = listing
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));
    expect(lines).toEqual([
      'drwxr-xr-x 2 0 0 0 Jan 1 1970 etc',
      '-rw------- 1 0 0 7 Jan 1 1970 etc/shadow',
      '-rw-r--r-- 1 0 0 0 Jan 1 1970 etc/empty',
      '-rw-r--r-- 1 0 0 1 Jan 1 1970 etc/ümlaut and blank',
      'lrwxrwxrwx 1 0 0 12 Jan 1 1970 sh -> usr/bin/dash',
      '-rwxr-xr-x 1 0 0 10 Jan 1 1970 run',
    ]);
  });

  it('is unpacked by cpio to the same content', () => {
    const cwd = temporaryDirectory();
    execFileSync('cpio', ['-id', '--quiet', '--no-preserve-owner'], { cwd, input: writeCpio(entries) });
    expect(readFileSync(join(cwd, 'etc/shadow'), 'utf8')).toBe('root:*\n');
    expect(statSync(join(cwd, 'etc/shadow')).mode & 0o777).toBe(0o600);
    expect(readlinkSync(join(cwd, 'sh'))).toBe('usr/bin/dash');
  });

  it('gives the same bytes for the same entries, in whole words', () => {
    expect(writeCpio(entries)).toEqual(writeCpio(structuredClone(entries)));
    expect(writeCpio(entries).length % 4).toBe(0);
  });
});

describe('readCpio', () => {
  it('reads what writeCpio wrote', () => {
    const read = readCpio(writeCpio(entries));
    expect(read.map(({ path, mode, data }) => [path, mode, String(data)])).toEqual(
      entries.map(({ path, mode, data }) => [path, mode, String(Buffer.from(data ?? []))]),
    );
  });

  it('reads what cpio wrote: leading dots, hard links with their content in the last one', () => {
    const cwd = temporaryDirectory();
    execFileSync('sh', ['-c', 'mkdir d && echo content > d/first && ln d/first d/second'], { cwd });
    const input = '.\nd\nd/first\nd/second\n';
    const archive = execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], { cwd, input });
    const byPath = new Map(readCpio(archive).map((entry) => [entry.path, entry]));
    expect([...byPath.keys()]).toEqual(['d', 'd/first', 'd/second']);
    for (const path of ['d/first', 'd/second']) expect(String(byPath.get(path)?.data)).toBe('content\n');
  });

  it('keeps the numbers of a device', () => {
    const [device] = readCpio(writeCpio([{ path: 'dev/null', mode: fileType.char | 0o666, device: [1, 3] }]));
    expect(device?.device).toEqual([1, 3]);
  });

  it.each([
    ['something else', Buffer.from('hello, this is no archive'), 'at byte 0'],
    ['an archive cut short', writeCpio([directory('a'), directory('b')]).subarray(0, 112), 'at byte 112'],
    ['an archive cut within a member', writeCpio([file('a', 'x'.repeat(500))]).subarray(0, 200), 'at byte 0'],
  ])('refuses %s', (_, bytes, where) => {
    expect(() => readCpio(bytes)).toThrow(expect.objectContaining({ code: 'VAPP_INSTALLER_CPIO' }));
    expect(() => readCpio(bytes)).toThrow(where);
  });
});

describe('cpioFrame', () => {
  it('makes an archive of a file that is never held in memory', () => {
    const content = Buffer.from('0123456789');
    const { before, after } = cpioFrame('vapp/base.tar', 0o644, content.length);
    const archive = Buffer.concat([before, content, after]);
    expect(archive.length % 4).toBe(0);
    const list = execFileSync('cpio', ['-t', '--quiet'], { input: archive }).toString();
    expect(list).toBe('vapp\nvapp/base.tar\n');
    expect(String(readCpio(archive)[1]?.data)).toBe('0123456789');
  });

  it('refuses what newc cannot count', () => {
    expect(() => cpioFrame('vapp/base.tar', 0o644, 2 ** 32)).toThrow(
      expect.objectContaining({ code: 'VAPP_INSTALLER_CPIO_SIZE' }),
    );
  });
});

it('parents are given outermost first', () => {
  expect(parents('a/b/c')).toEqual(['a', 'a/b']);
  expect(parents('a')).toEqual([]);
});
