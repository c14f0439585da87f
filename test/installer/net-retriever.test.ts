import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const script = readFileSync(new URL('../../src/installer/hooks/net-retriever', import.meta.url), 'utf8');

const retriever = () => {
  const root = mkdtempSync(join(tmpdir(), 'vapp-retriever-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'vapp'));
  writeFileSync(join(root, 'vapp/Packages'), 'Package: a\n');
  writeFileSync(join(root, 'vapp/a_1_all.udeb'), 'component');
  const run = (...args: string[]): number | null =>
    spawnSync('dash', ['-s', ...args], { cwd: root, input: script.replaceAll('/vapp/', `${root}/vapp/`) })
      .status;
  return { run, read: (name: string) => readFileSync(join(root, name), 'utf8') };
};

it('hands out the index and the components that travel in the initrd', () => {
  const { run, read } = retriever();
  expect(run('packages', 'index')).toBe(0);
  expect(read('index')).toBe('Package: a\n');
  expect(run('retrieve', 'pool/main/a/a_1_all.udeb', 'copy')).toBe(0);
  expect(read('copy')).toBe('component');
});

it('fails for what it does not have, and asks nothing', () => {
  const { run } = retriever();
  expect(run('retrieve', 'b_1_all.udeb', 'copy')).not.toBe(0);
  expect(run('error', 'retrieve')).toBe(2);
  expect(run('config')).toBe(1);
});
