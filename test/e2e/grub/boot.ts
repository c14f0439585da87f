import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Ingredients } from './system.js';

/** Milliseconds. A busy host may emulate twenty times slower than an idle one. */
const limit = 1_200_000;

export interface Boot {
  image: string;
  format: 'raw' | 'qcow2';
  firmware: 'bios' | 'uefi';
}

/**
 * Boots an image, of which nothing is changed, until its console shows a text or the guest ends. Gives the console. UEFI is one of
 * the ingredients.
 */
export async function bootUntil(
  { image, format, firmware }: Boot,
  text: string,
  o?: Pick<Ingredients, 'firmware'>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vapp-boot-'));
  const guest = execa(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', '1024', '-no-reboot'],
      ...['-display', 'none', '-nodefaults', '-serial', 'stdio', '-snapshot'],
      ...(firmware === 'uefi' && o ? await uefiArguments(folder, o) : []),
      ...['-drive', `if=virtio,format=${format},file=${image}`],
    ],
    { reject: false, timeout: limit, stdin: 'ignore' },
  );
  let console = '';
  guest.stdout.on('data', (chunk: Buffer) => {
    console += chunk.toString('latin1');
    if (console.includes(text)) guest.kill();
  });
  await guest;
  await sleep(0);
  await rm(folder, { recursive: true });
  return console;
}

async function uefiArguments(folder: string, { firmware }: Pick<Ingredients, 'firmware'>): Promise<string[]> {
  const [code, variables] = [join(folder, 'code'), join(folder, 'variables')];
  await writeFile(code, firmware.code);
  await writeFile(variables, firmware.variables);
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${variables}`],
  ];
}
