import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DiskReport } from '../../src/verify/check-disk.js';
import { Bench, digest, leftOnHost } from './grub/bench.js';
import { bootUntil } from './grub/boot.js';
import { type Boots, images, type TestImage } from './grub/images.js';
import { agreeWithJudges } from './grub/judges.js';

/** VAPP_E2E_GRUB=mbr,xfs: these images alone. */
const chosen = process.env.VAPP_E2E_GRUB?.split(',');
const wanted = images.filter(({ name }) => chosen?.includes(name) ?? true);

let bench: Bench;
let before: string[];
/** What was seen, as rows of a table of docs/grub.md. */
const rows: string[][] = [];

beforeAll(async () => {
  bench = await Bench.open();
  before = await leftOnHost();
});
afterAll(async () => {
  console.log(rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  await bench.close();
});

const verdicts = ({ bios, uefi }: DiskReport) => ({ bios: bios.bootable, uefi: uefi.bootable });
const text = (report: DiskReport): string => Object.values(verdicts(report)).join(' / ');
const seconds = (number: number): string => number.toFixed(number < 10 ? 1 : 0);

async function since<T>(work: Promise<T>): Promise<[T, string]> {
  const begun = performance.now();
  return [await work, seconds((performance.now() - begun) / 1000)];
}

test.for(wanted)('$name', async (one) => {
  const { outcome, args = [] } = one;
  const format = 'boots' in outcome ? (outcome.format ?? 'raw') : 'raw';
  const image = await bench.copyOf(one, format);
  const original = await digest(image);
  const first = await bench.check(image);
  expect(verdicts(first.report)).toEqual(one.before);
  await agreeWithJudges(await bench.rawOf(image), first.report);
  const row = [one.name, text(first.report), seconds(first.seconds)];
  rows.push(row);
  const [{ exitCode, stderr }, took] = await since(bench.vapp('grub', image, ...args, '--output', 'plain'));
  if ('refused' in outcome) {
    expect([exitCode, stderr]).toEqual([6, expect.stringMatching(outcome.says)]);
    expect(stderr).toContain(outcome.refused);
    expect(await digest(image)).toBe(original);
    row.push(`refused: \`${outcome.refused}\``, took, '', '');
    return;
  }
  expect([exitCode, stderr]).toEqual([0, '']);
  row.push('done', took, ...(await judgeResult(one, image, outcome)));
});

/** Of a disk that vapp has made bootable: `--check` and other programs, then a boot by each firmware. */
async function judgeResult(one: TestImage, image: string, outcome: Boots): Promise<string[]> {
  const { report } = await bench.check(image);
  for (const firmware of outcome.boots) expect(report[firmware].bootable).toBe('yes');
  await agreeWithJudges(await bench.rawOf(image), report);
  const login = `${outcome.login ?? one.name} login: `;
  const booted: string[] = [];
  for (const firmware of outcome.boots) {
    const boot = bootUntil({ image, format: outcome.format ?? 'raw', firmware }, login, bench.ingredients);
    const [console, took] = await since(boot);
    expect(console).toContain(login);
    booted.push(`${firmware === 'bios' ? 'BIOS' : 'UEFI'} ${took}`);
  }
  return [text(report), booted.join(', ')];
}

test('nothing is left on the host', async () => {
  expect(await leftOnHost()).toEqual(before);
});
