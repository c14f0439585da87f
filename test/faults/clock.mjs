// Loaded into vapp's process: some seconds after its start the time of day jumps, as it does when a host's clock is set.
// Only what asks Date is deceived; timers and performance.now() go on, as a kernel's monotonic clock does.
import { isMainThread } from 'node:worker_threads';

const jump = Number(process.env.VAPP_CLOCK_JUMP) * 1000;
const RealDate = Date;

class JumpedDate extends RealDate {
  constructor(...args) {
    super(...(args.length > 0 ? args : [RealDate.now() + jump]));
  }
  static now() {
    return RealDate.now() + jump;
  }
}

if (isMainThread)
  setTimeout(() => {
    globalThis.Date = JumpedDate;
  }, 12_000).unref();
