import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostState, testUser } from './vapp.js';

const user = testUser();
const name = `vapp-e2e-question-${process.pid}`;
const spec = join(user.home, 'question.yaml');
let before: Awaited<ReturnType<typeof hostState>>;

beforeAll(async () => {
  await user.makeKey();
  // An empty answer: the installer takes it for none, and asks.
  writeFileSync(
    spec,
    `appliance: question\nos: debian-13\npreseed: ['d-i passwd/root-password-crypted password ']\n`,
  );
  mkdirSync(user.home, { recursive: true });
  before = await hostState();
});

afterAll(async () => {
  await user.vapp(['clean', '--resumable'], { reject: false });
});

interface Logged {
  type?: string;
  channel?: string;
  stage?: string;
  state?: string;
  timestamp: string;
}

test('a question that nothing answers ends the build within seconds, and is named', async () => {
  const { exitCode, stderr } = await user.vapp(['build', spec, '--name', name], { reject: false });
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining('VAPP_INSTALLER_QUESTION')]);
  expect(stderr).toContain('passwd/root-password');
  const [build] = user.builds();
  const directory = join(user.home, 'state/vapp/builds', build!);
  expect(stderr).toContain(directory);
  expect(stderr).toContain(`vapp show ${build}`);
  expect(user.buildFile(build!, 'screen.txt')).toMatch(/Root password/);
  const evidence = [
    'console.log',
    'installer.xml',
    'plan.json',
    'preseed.cfg',
    'screen.png',
    'screen.txt',
    'syslog.log',
  ];
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(evidence));
  const log = user
    .buildFile(build!, 'build.log')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Logged);
  const asked = log.findLast((entry) => entry.channel === 'console');
  const ended = log.find((entry) => entry.stage === 'install' && entry.state === 'failed');
  // What was on the screen is kept as soon as the question is known; what else is kept, and the guest's end, take their time.
  const known = statSync(join(directory, 'screen.txt')).mtimeMs;
  expect(known - Date.parse(asked!.timestamp)).toBeLessThan(10_000);
  expect(Date.parse(ended!.timestamp) - known).toBeLessThan(60_000);
  expect(await hostState()).toEqual(before);
});
