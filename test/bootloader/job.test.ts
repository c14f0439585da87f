import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finisherDefaults, finisherPart } from '../../src/bootloader/job.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-job-'));
});
afterEach(() => rm(folder, { recursive: true }));

const unpack = async (part: Buffer): Promise<string> => {
  await execa('cpio', ['-id', '--quiet'], { cwd: folder, input: part });
  return join(folder, 'vapp/job.env');
};

const shellSees = async (file: string, name: string): Promise<string> =>
  (await execa('sh', ['-c', `. "$1"; printf %s "$${name}"`, 'sh', file], { env: { LC_ALL: 'C' } })).stdout;

describe('finisherPart', () => {
  it('makes an archive of whole words that another may follow', async () => {
    const part = finisherPart(finisherDefaults);
    expect(part.length % 4).toBe(0);
    expect(await readFile(await unpack(part), 'utf8')).toBe(
      ["VAPP_DISK_SERIAL='target'", "VAPP_FIRMWARE='bios'", "VAPP_ROOT=''", "VAPP_TRACES=''", ''].join('\n'),
    );
  });

  it.each(["it's", '$(touch made)', '`id`', 'a\nb', '\\', '"', "';false;'", '*', ' two  spaces '])(
    'hands %j to a shell as it is',
    async (value) => {
      const file = await unpack(finisherPart({ ...finisherDefaults, diskSerial: value }));
      expect(await shellSees(file, 'VAPP_DISK_SERIAL')).toBe(value);
    },
  );

  it('lists traces one a line', async () => {
    const file = await unpack(finisherPart({ ...finisherDefaults, traces: ['10.0.2.2:8080', '', 'enp0s2'] }));
    expect(await shellSees(file, 'VAPP_TRACES')).toBe('10.0.2.2:8080\nenp0s2');
  });

  it('refuses a NUL', () => {
    expect(() => finisherPart({ ...finisherDefaults, diskSerial: 'a\0b' })).toThrow(RangeError);
  });
});
