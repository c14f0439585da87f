import { describe, expect, it } from 'vitest';
import { createReportReader } from '../../src/bootloader/report.js';
import { VappError } from '../../src/errors.js';
import type { VappEvent } from '../../src/events.js';

const read = (...chunks: (string | Uint8Array)[]) => {
  const events: VappEvent[] = [];
  const reader = createReportReader((event) => events.push(event));
  for (const chunk of chunks) reader.chunk(chunk);
  return { events, reader };
};

const failure = (run: () => unknown): VappError => {
  try {
    run();
  } catch (error) {
    if (error instanceof VappError) return error;
  }
  throw new Error('no VappError');
};

const begin = 'VAPP1 {"t":"begin","step":"map"}\n';
const done = 'VAPP1 {"t":"done","step":"map","ms":170,"facts":{"uuid":"1-2"}}\n';
const end = 'VAPP1 {"t":"end","status":0,"left":""}\n';

describe('createReportReader', () => {
  it('turns steps into events and gathers their facts', () => {
    const { events, reader } = read(
      begin,
      done,
      'VAPP1 {"t":"done","step":"mount","ms":5,"facts":{"a":1}}\n',
      end,
    );
    expect(events).toEqual([
      { type: 'step', step: 'map', state: 'start' },
      { type: 'step', step: 'map', state: 'done', seconds: 0.17 },
      { type: 'step', step: 'mount', state: 'done', seconds: 0.005 },
    ]);
    expect(reader.finish('')).toEqual({ status: 0, left: '', facts: { uuid: '1-2', a: 1 } });
  });

  it('reads the same from any cuts, with CR LF, and with the last line unended', () => {
    const whole = Buffer.from((begin + done + end).replaceAll('\n', '\r\n').replace('1-2', 'é').trimEnd());
    const { reader } = read(...Array.from(whole, (byte) => Uint8Array.of(byte)));
    expect(reader.result).toBeUndefined();
    expect(reader.finish('')).toMatchObject({ status: 0, facts: { uuid: 'é' } });
  });

  it('passes noise on, also noise that ran into a line', () => {
    const { events, reader } = read('[    1.0] noise\r\n\n', `[ 2.0] ${begin}`, 'VAPP1 {"t":"do\n', end);
    expect(events).toEqual([
      { type: 'line', channel: 'finisher', text: '[    1.0] noise' },
      { type: 'step', step: 'map', state: 'start' },
      { type: 'line', channel: 'finisher', text: 'VAPP1 {"t":"do' },
    ]);
    expect(reader.finish('').status).toBe(0);
  });

  it('takes a guest that went away for a failure, and shows its console', () => {
    const { reader } = read(begin);
    const console = Array.from({ length: 50 }, (_, index) => `line ${index}\r`).join('\n');
    expect(failure(() => reader.finish(console))).toMatchObject({
      code: 'VAPP_BOOTLOADER_NO_END',
      why: 'Its last sign of life is from the step "map".',
      excerpt: expect.stringMatching(/^line 25\n[^\r]*line 49$/),
    });
    expect(failure(() => read().reader.finish('')).why).toBe('It did not begin its first step.');
    expect(failure(() => read().reader.finish('[ 4.4] Kernel panic - not syncing: x\r\n')).why).toBe(
      'It did not begin its first step. Its kernel crashed: Kernel panic - not syncing: x',
    );
  });

  it('takes what no message is called for noise, also what every object has', () => {
    const odd = ['__proto__', 'valueOf', 'constructor'].map((name) => `VAPP1 {"t":"${name}"}`);
    const { events } = read(...odd.map((line) => `${line}\n`));
    expect(events).toEqual(odd.map((text) => ({ type: 'line', channel: 'finisher', text })));
  });

  it('shows the output of a failed step', () => {
    const failed = 'VAPP1 {"t":"fail","step":"map","ms":130,"log":"partx: no\\nThere is no table."}\n';
    const { events, reader } = read(begin, failed, 'VAPP1 {"t":"end","status":1,"left":""}\n');
    expect(events[1]).toEqual({
      type: 'step',
      step: 'map',
      state: 'failed',
      seconds: 0.13,
      detail: 'There is no table.',
    });
    expect(failure(() => reader.finish('console'))).toMatchObject({
      code: 'VAPP_BOOTLOADER_STEP',
      message: 'Making the disk bootable failed in the step "map"',
      excerpt: 'partx: no\nThere is no table.',
    });
    expect(reader.result).toMatchObject({ status: 1, failed: { step: 'map' } });
  });

  it('says what could not be undone', () => {
    const { reader } = read('VAPP1 {"t":"end","status":2,"left":"hda (254:0)"}\n');
    expect(failure(() => reader.finish('busy'))).toMatchObject({
      code: 'VAPP_BOOTLOADER_UNDO',
      why: 'Left behind: hda (254:0)',
      excerpt: 'busy',
    });
  });

  it('does not take an end mark without a status for success', () => {
    expect(read('VAPP1 {"t":"end"}\n').reader.result?.status).toBe(1);
  });
});
