import { describe, expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { createReporter } from '../../src/report/index.js';
import { Collector } from './collector.js';

/** Lines for events that came at the seconds given. */
const linesOf = (...events: [seconds: number, event: VappEvent][]): string[] => {
  const out = new Collector();
  let time = 0;
  const reporter = createReporter('plain', out, { now: () => time });
  for (const [seconds, event] of events) {
    time = seconds * 1000;
    reporter.emit(event);
  }
  return out.lines;
};

const phase = (text: string, percent: number, detail?: string): VappEvent => ({
  type: 'phase',
  phase: text,
  percent,
  detail,
});

describe('the plain reporter', () => {
  test('tells a build as a log', () => {
    expect(
      linesOf(
        [0, { type: 'build', id: 'web-1', appliance: 'web', uri: 'qemu:///system', directory: '/b/web-1' }],
        [0, { type: 'stage', stage: 'prepare', state: 'start' }],
        [2, { type: 'notice', text: 'engine: qemu, as KVM is not there' }],
        [42, { type: 'stage', stage: 'prepare', state: 'done', seconds: 41.6 }],
        [42, { type: 'stage', stage: 'install', state: 'start' }],
        [50, phase('partitioning', 8)],
        [80, { type: 'stage', stage: 'install', state: 'done', seconds: 38 }],
        [81, { type: 'step', step: 'grub-install', state: 'start' }],
        [83, { type: 'step', step: 'grub-install', state: 'done', seconds: 1.94 }],
        [90, { type: 'warning', text: 'slow', hint: 'buy a machine' }],
        [99, { type: 'result', template: 'web', uri: 'qemu:///system', seconds: 99.2 }],
      ),
    ).toEqual([
      '[    0 s] build web-1 of web on qemu:///system',
      '[    0 s] logs in /b/web-1',
      '[    0 s] prepare',
      '[    2 s] engine: qemu, as KVM is not there',
      '[   42 s] prepare done (42 s)',
      '[   42 s] install',
      '[   50 s] install:   8 % partitioning',
      '[   80 s] install done (38 s)',
      '[   83 s] bootloader: grub-install done (1.9 s)',
      '[   90 s] warning: slow',
      '[   90 s]   → buy a machine',
      '[   99 s] template web on qemu:///system (99 s)',
    ]);
  });

  test('a phase is worth a line at its begin, each ten percent, and each half minute', () => {
    expect(
      linesOf(
        [0, { type: 'stage', stage: 'install', state: 'start' }],
        [1, phase('base', 21, 'unpacking a')],
        [2, phase('base', 22, 'unpacking b')],
        [3, phase('base', 30, 'unpacking c')],
        [4, phase('base', 31, 'unpacking d')],
        [34, phase('base', 32, 'unpacking e')],
        [35, phase('kernel', 32)],
      ),
    ).toEqual([
      '[    0 s] install',
      '[    1 s] install:  21 % base (unpacking a)',
      '[    3 s] install:  30 % base (unpacking c)',
      '[   34 s] install:  32 % base (unpacking e)',
      '[   35 s] install:  32 % kernel',
    ]);
  });

  test('so is a download, once it has taken two seconds', () => {
    const download = (task: string, done: number): VappEvent => ({
      type: 'progress',
      task,
      done,
      total: 100e6,
      unit: 'bytes',
    });
    expect(
      linesOf(
        [0, download('a.deb', 0)],
        [1, download('a.deb', 5e6)],
        [1, download('b.deb', 1e6)],
        [2, download('a.deb', 11e6)],
        [3, download('a.deb', 15e6)],
        [4, download('a.deb', 100e6)],
      ),
    ).toEqual(['[    2 s] a.deb: 11 % (11 MB of 100 MB)', '[    4 s] a.deb: 100 % (100 MB of 100 MB)']);
  });

  test('a transfer that is over within two seconds is worth no line', () => {
    const repack = (done: number): VappEvent => ({ type: 'progress', task: 'repack', done, unit: 'items' });
    expect(linesOf([0, repack(1)], [1, repack(99)])).toEqual([]);
    expect(linesOf([0, repack(1)], [2, repack(99)])).toEqual(['[    2 s] repack: 99']);
  });

  test('a guest’s text stays on its line and commands nothing', () => {
    expect(linesOf([0, { type: 'notice', text: 'a\x1b[31mb\nc\rd http://u:p@h/' }])).toEqual([
      '[    0 s] abcd http://•••@h/',
    ]);
  });
});
