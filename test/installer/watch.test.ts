import { describe, expect, test } from 'vitest';
import { type Activity, Watch } from '../../src/installer/watch.js';

const watched = (limit = 60) => {
  let time = 0;
  const watch = new Watch({ limit, now: () => time });
  /** Samples once a second what `counters` says of the second. */
  const run = (seconds: number, counters: (second: number) => Activity, doing?: string) => {
    for (let count = 0; count < seconds; count++) {
      time += 1000;
      watch.saw(counters(time / 1000), doing);
    }
  };
  return { watch, run };
};

describe('Watch', () => {
  test.each(['console', 'syslog', 'block'] as const)('any growth of %s is life', (name) => {
    const { watch, run } = watched();
    run(600, (second) => ({ [name]: Math.floor(second / 50) }));
    expect(watch.stuck()).toBeUndefined();
    expect(watch.idleFor()).toBe(0);
  });

  test('a still guest is stuck after the limit, and the error says what it did', () => {
    const { watch, run } = watched();
    run(10, (second) => ({ console: second }), 'partitioning');
    run(60, () => ({ console: 10, block: 0, net: 0, cpu: 0 }));
    expect(watch.idleFor()).toBe(60);
    expect(watch.stuck()).toBeUndefined();
    run(1, () => ({ console: 10 }));
    expect(watch.stuck()).toMatchObject({
      code: 'VAPP_INSTALLER_STUCK',
      message: 'the installer did nothing for 61 s',
      why: expect.stringContaining('last seen partitioning'),
    });
  });

  test('timer ticks and the chatter of a network are no life', () => {
    const { watch, run } = watched();
    run(61, (second) => ({ cpu: second * 0.05, net: second * 60 }));
    expect(watch.stuck()?.message).toBe('the installer did nothing for 61 s');
  });

  test('a slow download is', () => {
    const { watch, run } = watched();
    run(600, (second) => ({ net: second * 500 }));
    expect(watch.stuck()).toBeUndefined();
  });

  test('computing alone is life for six limits', () => {
    const { watch, run } = watched();
    run(360, (second) => ({ cpu: second }));
    expect(watch.stuck()).toBeUndefined();
    run(1, () => ({ cpu: 361 }));
    expect(watch.stuck()?.message).toBe('the installer only computed for 361 s');
  });

  test('lines alone are life for twelve limits', () => {
    const { watch, run } = watched();
    run(721, (second) => ({ console: second, block: 0 }), 'installing packages');
    expect(watch.stuck()).toBeUndefined();
    run(1, () => ({ console: 722, block: 0 }), 'installing packages');
    expect(watch.stuck()).toMatchObject({
      message: 'the installer only wrote lines for 721 s',
      why: 'it was last seen installing packages; disk has been still since',
    });
  });

  test('lines are life for ever where nobody counts what becomes of the disk, as on Xen', () => {
    const { watch, run } = watched();
    run(5000, (second) => ({ console: second, cpu: second }), 'installing packages');
    expect(watch.stuck()).toBeUndefined();
    run(61, () => ({ console: 5000, cpu: 5000 }));
    expect(watch.stuck()?.message).toBe('the installer did nothing for 61 s');
  });

  const useful: [string, (second: number) => Activity][] = [
    ['the disk', (second) => ({ console: second, block: Math.floor(second / 100) })],
    ['the network', (second) => ({ console: second, block: 0, net: second * 500 })],
  ];
  test.each(useful)('lines with some use of %s are life', (_, counters) => {
    const { watch, run } = watched();
    run(2000, counters);
    expect(watch.stuck()).toBeUndefined();
  });

  test('lines that tell of a further step are life', () => {
    const { watch, run } = watched();
    for (let step = 0; step < 5; step++) run(500, (second) => ({ syslog: second }), `step ${step}`);
    expect(watch.stuck()).toBeUndefined();
  });

  test('a counter that a driver does not have is never growth', () => {
    const { watch, run } = watched();
    run(61, () => ({}));
    expect(watch.stuck()?.code).toBe('VAPP_INSTALLER_STUCK');
  });
});
