import { createInterface } from 'node:readline';
import { itemOf } from './ledger.mjs';
import { Measurement } from './measurement.mjs';
import { processSeconds } from './process.mjs';

/** Guests whose work ends with the finished disk. */
const makesDisk = (name) => /-(?:installer|finisher)$/.test(name);

/** Follows a running `vapp build --output json`; the measure begins with it. */
export class Run {
  errors = '';
  /** Of a build that came to its end: { cpu, wall, disk, own, guests, rows }, see runVapp. */
  result;
  /** After so many seconds it was cancelled. */
  seconds;
  #measurement = new Measurement((name) => this.#build !== undefined && name.startsWith(this.#build));
  /** How the names of its guests begin, once it has told its id. */
  #build;
  #own = 0;
  #disk;
  #o;

  /** `o`: { emit, until?(event), cancel?() }; cancels at the first event for which `until` holds. */
  constructor(child, o) {
    this.#o = o;
    this.#measurement.start(() => {
      this.#own = Math.max(this.#own, processSeconds(child.pid, { children: true }) ?? 0);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#event(JSON.parse(line)));
    child.stderr.on('data', (chunk) => {
      this.errors = (this.errors + chunk).slice(-8000);
    });
  }

  stop() {
    this.#measurement.stop();
  }

  #event(event) {
    if (event.type === 'build') this.#build = `vapp-build-${event.id}-`;
    this.#measurement.charge(itemOf(event));
    if (event.type === 'stage' && event.stage === 'bootloader' && event.state === 'done')
      this.#disk = this.#measurement.now().wall;
    if (event.type === 'result') this.#end();
    this.#o.emit(event);
    if (this.seconds !== undefined || !this.#o.until?.(event)) return;
    this.seconds = this.#measurement.now().wall;
    this.#o.cancel();
  }

  #end() {
    const { wall, cpu: guests, rows } = this.#measurement.finish();
    const cpu = this.#measurement.secondsOf(makesDisk);
    this.result = { cpu, wall, disk: this.#disk, own: this.#own, guests, rows };
  }
}
