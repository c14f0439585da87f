import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'vapp-pack-'));
const archive = join(scratch, 'vapp.tar.gz');

beforeAll(() => {
  execFileSync(join(root, 'scripts/pack'), [archive], { stdio: 'pipe' });
  execFileSync('tar', ['-C', scratch, '-xzf', archive]);
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true }));

test('what was packed runs elsewhere, without npm and the checkout', () => {
  const program = join(scratch, 'vapp/dist/cli/main.js');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(execFileSync(program, ['--version'], { cwd: scratch, encoding: 'utf8' }).trim()).toBe(version);
  // The native part of koffi is in the archive, too.
  const templates = execFileSync(program, ['templates', '--connect', 'test:///default', '--output', 'json'], {
    env: { ...process.env, HOME: scratch },
    encoding: 'utf8',
  });
  expect(JSON.parse(templates)).toMatchObject({ v: 1 });
});

test('it holds no maps, no types, no tools of the tests, and fits into an installer', () => {
  const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).split('\n');
  expect(
    names.filter((name) => /\.(map|d\.ts)$|node_modules\/(vitest|typescript|@biomejs)\//.test(name)),
  ).toEqual([]);
  expect(names).toContain('vapp/node_modules/koffi/package.json');
  expect(statSync(archive).size).toBeLessThan(16 * 2 ** 20);
});
