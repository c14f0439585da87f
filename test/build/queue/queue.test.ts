import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { enterQueue, type Ticket } from '../../../src/build/queue/queue.js';
import { temporary } from '../support.js';

const uri = 'test:///default';
const who = (id: string, template = id) => ({ id, template });
const enter = (directory: string, id: string, template = id) => enterQueue(uri, who(id, template), directory);
const ahead = (place: Ticket): number => [...place.ahead()].length;
const ticketsIn = (directory: string) => readdirSync(directory).filter((name) => name !== 'lock');

describe('the queue of a host', () => {
  test('is in the order of arrival, whoever asks', async () => {
    const directory = temporary();
    const places = [];
    for (const id of ['a', 'b', 'c']) places.push(await enter(directory, id));
    expect(places.map((place) => ahead(place))).toEqual([0, 1, 2]);
    expect(places.map(({ before }) => before)).toEqual([0, 1, 2]);
  });

  test('moves on when somebody leaves it, from any place', async () => {
    const directory = temporary();
    const [a, b, c] = [await enter(directory, 'a'), await enter(directory, 'b'), await enter(directory, 'c')];
    b[Symbol.dispose]();
    expect([ahead(a), ahead(c)]).toEqual([0, 1]);
    a[Symbol.dispose]();
    expect(ahead(c)).toBe(0);
    expect(ticketsIn(directory)).toHaveLength(1);
  });

  test('that cannot be made is told with its reason', async () => {
    const blocked = join(temporary(), 'file');
    writeFileSync(blocked, '');
    await expect(enter(join(blocked, 'queue'), 'a')).rejects.toMatchObject({
      code: 'VAPP_HOST_DIRECTORY',
      message: `${join(blocked, 'queue')} cannot be written`,
      why: expect.stringContaining('ENOTDIR'),
    });
  });

  test('is left without an error, also when the place cannot be removed', async () => {
    const directory = temporary();
    const place = await enter(directory, 'a');
    const [file = ''] = ticketsIn(directory);
    rmSync(join(directory, file));
    // What rm refuses, as it does on a file system that has become read-only.
    mkdirSync(join(directory, file));
    place[Symbol.dispose]();
    expect(ticketsIn(directory)).toEqual([file]);
  });

  test('tells in its order what each before one takes, as far as it says so, and not what is behind', async () => {
    const directory = temporary();
    await enterQueue(uri, { ...who('a'), memory: 5 }, directory);
    await enter(directory, 'b');
    const place = await enterQueue(uri, { ...who('c'), memory: 7 }, directory);
    await enterQueue(uri, { ...who('d'), memory: 9 }, directory);
    expect([...place.ahead()]).toEqual([5, undefined]);
  });

  test('refuses a second build of a template, also when the first only waits, and lets it in afterwards', async () => {
    const directory = temporary();
    await enter(directory, 'first', 'other');
    const waiting = await enter(directory, 'web-1', 'web');
    await expect(enter(directory, 'web-2', 'web')).rejects.toMatchObject({
      code: 'VAPP_NAME_BUILDING',
      message: 'a build of the template web is under way: web-1',
    });
    waiting[Symbol.dispose]();
    expect(ahead(await enter(directory, 'web-2', 'web'))).toBe(1);
  });

  test('a process that is killed is in nobody’s way, and its ticket goes with the next arrival', async () => {
    const directory = temporary();
    const module = new URL('../../../dist/build/queue/queue.js', import.meta.url).href;
    const code = `const { enterQueue } = await import(${JSON.stringify(module)});
      globalThis.place = await enterQueue('x', { id: 'web-1', template: 'web' }, ${JSON.stringify(directory)});
      console.log('in'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    await once(child.stdout, 'data');
    const mine = await enter(directory, 'db');
    expect([ahead(mine), mine.before]).toEqual([1, 1]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([ahead(mine), mine.before]).toEqual([0, 0]);
    await enter(directory, 'web-2', 'web');
    expect(ticketsIn(directory)).toHaveLength(2);
  });

  test('of another host is another one', async () => {
    const state = temporary();
    const places = [
      await enterQueue('qemu:///system', who('a', 'web'), join(state, 'one')),
      await enterQueue('qemu:///session', who('b', 'web'), join(state, 'two')),
    ];
    expect(places.map((place) => ahead(place))).toEqual([0, 0]);
  });
});
