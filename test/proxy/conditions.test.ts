import { describe, expect, it } from 'vitest';
import { decide } from '../../src/proxy/conditions.js';

const modified = new Date('2026-11-21T09:15:44Z');
const file = { size: 100, modified, sha256: 'ab' };
const date = modified.toUTCString();
const earlier = new Date(modified.getTime() - 1000).toUTCString();
const whole = { status: 200 };
const bytes = (start: number, end: number) => ({ status: 206, start, end });

describe('decide', () => {
  it.each([
    ['bytes=0-', bytes(0, 99)],
    ['bytes=40-', bytes(40, 99)],
    ['bytes=40-49', bytes(40, 49)],
    ['bytes=40-1000', bytes(40, 99)],
    ['bytes=99-99', bytes(99, 99)],
    ['bytes=-10', bytes(90, 99)],
    ['bytes=-1000', bytes(0, 99)],
    ['bytes=100-', { status: 416 }],
    ['bytes=-0', { status: 416 }],
    ['bytes=50-40', whole],
    ['bytes=-', whole],
    ['bytes=0-1,5-6', whole],
    ['lines=1-2', whole],
  ])('reads the range %s', (range, answer) => {
    expect(decide({ range }, file)).toEqual(answer);
  });

  it.each([
    [{ 'if-modified-since': date }, 304],
    [{ 'if-modified-since': earlier }, 200],
    [{ 'if-modified-since': 'soon' }, 200],
    [{ 'if-none-match': '"ab"' }, 304],
    [{ 'if-none-match': '"x", W/"ab"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"', 'if-modified-since': date }, 200],
  ])('weighs %j', (headers, status) => {
    expect(decide(headers, file).status).toBe(status);
  });

  it.each([
    ['"ab"', 206],
    [date, 206],
    [earlier, 200],
    ['"x"', 200],
    ['W/"ab"', 200],
  ])('takes a range under If-Range %s only for this very file', (condition, status) => {
    expect(decide({ range: 'bytes=1-', 'if-range': condition }, file).status).toBe(status);
  });

  it('has no range of an empty file', () => {
    expect(decide({ range: 'bytes=0-' }, { ...file, size: 0 })).toEqual({ status: 416 });
  });
});
