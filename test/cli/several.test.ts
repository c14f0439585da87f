import { afterEach, beforeEach, expect, test } from 'vitest';
import { enterQueue } from '../../src/build/queue/queue.js';
import { Home } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
  for (const name of ['web', 'db']) {
    const password = `$6$one$${'a'.repeat(86)}`;
    home.write(`${name}.yaml`, `appliance: ${name}\nos: debian-13\nroot: { password: '${password}' }\n`);
  }
});
afterEach(() => home.remove());

const build = (...args: string[]) => home.vapp('build', ...args, '-c', 'test:///default');
const linesOf = (stdout: unknown) =>
  String(stdout ?? '')
    .split('\n')
    .map((line) => JSON.parse(line));

// The mock driver has no hypervisor: a build ends in its first stage.
test('each build has its id on its lines, one waits for the other, and each error is told', async () => {
  const { status, stdout } = await build('web.yaml', 'db.yaml', '-j', '1', '--output', 'json');
  expect(status).toBe(3);
  const events = linesOf(stdout);
  const of = (name: string) => events.filter((event) => event.build.startsWith(name)).map(({ type }) => type);
  expect(of('web-')).toEqual(['build', 'stage', 'stage', 'error']);
  expect(of('db-')).toEqual(['build', 'queued', 'stage', 'stage', 'error']);
  expect(events.slice(-2).map(({ type, build: id }) => [type, id.slice(0, 3)])).toEqual([
    ['error', 'web'],
    ['error', 'db-'],
  ]);
});

test('two specs of one name are refused before anything begins', async () => {
  const { status, stderr } = await build('web.yaml', 'web.yaml');
  expect([status, stderr]).toEqual([8, expect.stringContaining('VAPP_NAME_BUILDING')]);
  expect((await home.vapp('builds')).stdout).toContain('There are no builds yet');
});

test('one whose name the host has is told at once, and the others go on', async () => {
  const password = `$6$one$${'a'.repeat(86)}`;
  // The domain that the mock driver has.
  home.write('test.yaml', `appliance: test\nos: debian-13\nroot: { password: '${password}' }\n`);
  const { status, stdout } = await build('web.yaml', 'test.yaml', 'db.yaml', '--output', 'json');
  expect(status).toBe(3);
  const events = linesOf(stdout);
  expect(events[0]).toMatchObject({ type: 'error', errors: [{ code: 'VAPP_NAME_TAKEN' }], status: 8 });
  const begun = events.filter(({ type }) => type === 'build').map(({ build: id }) => id.slice(0, 3));
  expect(begun.sort()).toEqual(['db-', 'web']);
  expect((await build('test.yaml', 'web.yaml')).status).toBe(8);
});

test('the mistakes of all specs are told at once', async () => {
  home.write('web.yaml', 'appliance: web\nos: debian-13\nmemry: 1\n');
  home.write('db.yaml', 'appliance: db\nos: debian-1\n');
  const { status, stderr } = await build('web.yaml', 'db.yaml');
  expect([status, stderr]).toEqual([2, expect.stringMatching(/web\.yaml:3[\s\S]*db\.yaml:2/)]);
});

test('-j takes a number', async () => {
  expect(await build('web.yaml', '-j', 'many')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--jobs takes a whole number from 1 on, not "many"'),
  });
});

test('a name that another call builds is refused at once', async () => {
  const { XDG_STATE_HOME } = process.env;
  process.env.XDG_STATE_HOME = home.env.XDG_STATE_HOME;
  const other = await enterQueue('test:///default', { id: 'web-1', template: 'web' });
  if (XDG_STATE_HOME === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = XDG_STATE_HOME;
  expect(await build('web.yaml')).toMatchObject({ status: 8, stderr: expect.stringContaining('web-1') });
  other[Symbol.dispose]();
});
