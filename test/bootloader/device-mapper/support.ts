import type { HostJob } from '../../../src/bootloader/device-mapper/index.js';
import { VappError } from '../../../src/errors.js';

const partition = (number: number, type: string, uuid: string) => ({ number, type, uuid });

/** One ext4 partition behind an MBR. */
export const plainJob: HostJob = {
  image: '/images/web server.raw',
  format: 'raw',
  size: 1_000_000 * 512 + 512 * 5,
  root: partition(1, 'ext4', 'aaaa-root'),
  firmware: ['bios'],
  updateGrub: 'auto',
  trusted: false,
};

/** GPT, a separate /boot, an ESP. */
export const richJob: HostJob = {
  ...plainJob,
  image: '/images/web.qcow2',
  format: 'qcow2',
  root: partition(4, 'xfs', 'aaaa-root'),
  boot: partition(3, 'ext4', 'bbbb-boot'),
  esp: partition(2, 'vfat', 'CCCC-ESP'),
  firmware: ['bios', 'uefi'],
  trusted: true,
};

/** A host that does as it is told, but for what a test wants otherwise; it knows the maps and loops that it was told to make. */
export class FakeHost {
  /** Programs with their arguments, as they were run. */
  readonly ran: string[] = [];
  readonly maps = new Map<string, string>();
  readonly loops = new Map<string, string>();
  /** Answers by the beginning of a command; an Error is a failure. */
  readonly answers: [start: string, answer: string | Error][] = [];

  run = async (argv: readonly string[]): Promise<string> => {
    const text = argv.join(' ');
    this.ran.push(text);
    const [, answer] = this.answers.find(([start]) => text.startsWith(start)) ?? [];
    if (answer instanceof Error) throw answer;
    return answer ?? this.#act(argv);
  };

  #act([program, verb, ...rest]: readonly string[]): string {
    const words = [verb, ...rest];
    const last = words.at(-1)!;
    if (program === 'losetup') return this.#losetup(words as string[]);
    if (program === 'lsblk') return '7:3';
    if (program === 'dmsetup' && verb === 'info')
      return [...this.maps].map(([name, uuid]) => `${name}/${uuid}`).join('\n') || 'No devices found';
    if (program === 'dmsetup' && verb === 'create') this.maps.set(rest[0]!, rest[2]!);
    if (program === 'dmsetup' && verb === 'remove') this.maps.delete(last);
    const map = last.replace('/dev/mapper/', '');
    if (program === 'kpartx' && verb === '-a') this.maps.set(`${map}1`, `part1-${this.maps.get(map)}`);
    if (program === 'kpartx' && verb === '-d') this.maps.delete(`${map}1`);
    return '';
  }

  #losetup(words: readonly string[]): string {
    if (words.includes('--find')) {
      this.loops.set('/dev/loop3', words[words.indexOf('--loop-ref') + 1]!);
      return '/dev/loop3';
    }
    if (words[0] === '--detach') this.loops.delete(words[1]!);
    const loopdevices = [...this.loops].map(([name, ref]) => ({ name, ref }));
    return loopdevices.length > 0 ? JSON.stringify({ loopdevices }) : '';
  }
}

export const failure = (why: string): VappError =>
  new VappError('VAPP_BOOTLOADER_PROGRAM', 'it failed', { why });
