import { describe, expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { width } from '../../src/report/cells.js';
import { asciiGlyphs, finishedLine, frame, unicodeGlyphs } from '../../src/report/frame.js';
import { makeStyle } from '../../src/report/style.js';
import { advance, emptyView, type View } from '../../src/report/view.js';

const style = makeStyle(false);

/** The view after events that came at the seconds given. */
const viewOf = (...events: [seconds: number, event: VappEvent][]): View =>
  events.reduce((view, [seconds, event]) => advance(view, event, seconds * 1000), emptyView(0));

const draw = (view: View, seconds: number, columns = 80): string[] =>
  frame(view, { columns, now: seconds * 1000, style, glyphs: unicodeGlyphs });

const build: VappEvent = {
  type: 'build',
  id: 'web-1',
  appliance: 'web',
  uri: 'qemu:///system',
  directory: '/b',
};
const stage = (
  name: 'prepare' | 'install' | 'bootloader' | 'verify' | 'publish',
  state: 'start' | 'done' | 'failed' = 'start',
): VappEvent => ({ type: 'stage', stage: name, state });
const phase = (text: string, percent: number, detail?: string): VappEvent => ({
  type: 'phase',
  phase: text,
  percent,
  detail,
});

describe('the live display', () => {
  test('before anything is known', () => {
    expect(draw(emptyView(0), 2)).toEqual([
      'starting · 0:02',
      '  prepare',
      '  install',
      '  bootloader',
      '  verify',
      '  publish',
    ]);
  });

  test('a stage, its phase, percent and package, what comes after it, the time left', () => {
    const view = viewOf(
      [0, build],
      [1, stage('prepare')],
      [21, stage('prepare', 'done')],
      [21, stage('install')],
      [120, phase('installing the base system', 50, 'unpacking libc6')],
    );
    expect(draw(view, 121)).toEqual([
      'web on qemu:///system · 2:01 · about 3 min left',
      '▶ install       1:40  50 %  installing the base system · unpacking libc6',
      '  bootloader',
      '  verify',
      '  publish',
    ]);
  });

  test('a finished stage leaves the display as one line', () => {
    const view = viewOf([1, stage('prepare')], [21, stage('prepare', 'done')]);
    expect(finishedLine(view.stages[0]!, { style, glyphs: unicodeGlyphs })).toBe('✔ prepare       0:20');
    const failed = viewOf([1, stage('install')], [3726, stage('install', 'failed')]);
    expect(finishedLine(failed.stages[0]!, { style, glyphs: asciiGlyphs })).toBe('x install    1:02:05');
  });

  test('downloads have a bar, a size and a rate, and go when they are done or forgotten', () => {
    const download = (done: number): VappEvent => ({
      type: 'progress',
      task: 'linux-image.deb',
      done,
      total: 100_000_000,
      unit: 'bytes',
    });
    const view = viewOf([0, stage('prepare')], [0, download(0)], [5, download(25_000_000)]);
    expect(draw(view, 5)[2]).toBe('    █████░░░░░░░░░░░░░░░  25 MB of 100 MB  5.0 MB/s  linux-image.deb');
    expect(draw(view, 26).join()).not.toContain('linux-image');
    expect(draw(advance(view, download(100_000_000), 6000), 6).join()).not.toContain('linux-image');
  });

  test('a task without a known size has no bar', () => {
    const view = viewOf(
      [0, stage('prepare')],
      [0, { type: 'progress', task: 'repacking', done: 12, unit: 'items' }],
    );
    expect(draw(view, 5)[2]).toBe('    12  repacking');
  });

  test('a step of the finisher is the phase', () => {
    const view = viewOf(
      [0, stage('bootloader')],
      [3, { type: 'step', step: 'grub-install', state: 'start' }],
    );
    expect(draw(view, 4)[1]).toBe('▶ bootloader    0:04  grub-install');
  });

  test('no line is as wide as the terminal, however narrow', () => {
    const view = viewOf(
      [0, build],
      [0, stage('install')],
      [9, phase('installing the base system', 50, 'unpacking 日本語のパッケージ日本語のパッケージ')],
      [9, { type: 'progress', task: 'x'.repeat(200), done: 1, total: 2, unit: 'items' }],
    );
    for (const columns of [1, 2, 10, 20, 40, 60, 80]) {
      for (const line of draw(view, 10, columns)) expect(width(line)).toBeLessThan(Math.max(columns, 1));
    }
    expect(draw(view, 10, 20)[1]).toBe('▶ install       0:…');
  });

  test('after a failure what is left to do is gone, and the rest is dim', () => {
    const view = viewOf(
      [0, build],
      [0, stage('install')],
      [9, stage('install', 'failed')],
      [9, stage('verify')],
    );
    const dim = frame(view, { columns: 80, now: 10_000, style: makeStyle(true), glyphs: unicodeGlyphs });
    expect(dim).toEqual([
      '\x1b[2mweb on qemu:///system · 0:10 · cleaning up\x1b[22m',
      '\x1b[2m▶ verify        0:01\x1b[22m',
    ]);
  });

  test('a guest’s text commands nothing', () => {
    const view = viewOf([0, stage('install')], [1, phase('a\x1b[2Jb', 1, 'c\rd\x1b]0;x\x07')]);
    expect(draw(view, 1)[1]).toBe('▶ install       0:01   1 %  ab · cd');
  });

  test('the percent never falls', () => {
    const view = viewOf([0, stage('install')], [1, phase('a', 40)], [2, phase('b', 20)]);
    expect(view.percent).toBe(40);
  });
});
