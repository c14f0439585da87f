// Loaded into each of vapp's processes: how long its event loop was blocked, and by how much of its own work. Written at exit.
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.VAPP_SCALE_PROBE;
const resolution = 10;

/** Nanoseconds that the main thread has run on a processor: the first field of schedstat (Linux, Documentation/scheduler/sched-stats). */
const ran = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);

if (isMainThread && file) {
  const delay = monitorEventLoopDelay({ resolution });
  let last;
  let most = 0;
  const begin = () => {
    delay.enable();
    last = ran();
    setInterval(() => {
      const now = ran();
      most = Math.max(most, now - last);
      last = now;
    }, resolution).unref();
  };
  // What Node needs to load vapp is no block of anybody's: the watch begins when vapp says its first word.
  const write = process.stdout.write;
  process.stdout.write = (...args) => {
    process.stdout.write = write;
    begin();
    return process.stdout.write(...args);
  };
  process.on('exit', () => {
    const { max, mean } = delay;
    const ms = (ns) => Math.round(ns / 1e5) / 10;
    const found = { pid: process.pid, maxDelay: ms(max), meanDelay: ms(mean), maxWork: ms(most) };
    writeFileSync(`${file}.${process.pid}`, JSON.stringify({ ...found, seconds: performance.now() / 1000 }));
  });
}
