import type { Emit, VappEvent } from '../events.js';
import { jsonLine } from './json.js';
import { levelled } from './levelled.js';
import { manyLive } from './many-live.js';
import { lineWriter, type Out } from './out.js';
import { plainLines } from './plain.js';
import type { ManyReporter, ReporterKind, ReporterOptions } from './reporter.js';
import { serviceLines } from './service.js';

/** Shows events of several builds on `out`: a line for each drawn in place, lines that begin with its name, or JSON with its id. */
export const createManyReporter = (kind: ReporterKind, out: Out, o: ReporterOptions = {}): ManyReporter => {
  const make = { live: manyLive, plain: manyPlain, service: manyService, json: manyJson }[kind];
  const many = make(out, o);
  const limit = (emit: Emit): Emit => levelled(kind, emit, o.level);
  return { ...many, emit: limit(many.emit), build: (label) => limit(many.build(label)) };
};

/** Nothing of them is drawn again. */
const linesStay = { over: () => undefined, close: async () => undefined };

/** Each build has lines of its own, which remember what they have told. */
const manyLines = (out: Out, linesOf: (label?: string) => (event: VappEvent) => string[]): ManyReporter => {
  const show = (label?: string): Emit => lineWriter(out, linesOf(label));
  return { ...linesStay, emit: show(), build: ({ name }) => show(name) };
};

const manyService = (out: Out): ManyReporter => manyLines(out, serviceLines);

const manyPlain = (out: Out, o: ReporterOptions): ManyReporter => {
  const now = o.now ?? Date.now;
  const started = now();
  return manyLines(out, (label) => {
    const lines = plainLines(started, label);
    return (event) => lines(event, now());
  });
};

const manyJson = (out: Out, o: ReporterOptions): ManyReporter => {
  const now = o.now ?? Date.now;
  const show =
    (build?: string): Emit =>
    (event: VappEvent) =>
      void out.write(`${jsonLine(event, now(), build)}\n`);
  return { ...linesStay, emit: show(), build: ({ id }) => show(id) };
};
