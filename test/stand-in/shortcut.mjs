// Stands before install.ts, bootloader.ts and verify.ts of src/build/stages: an order may begin with a disk that is installed or finished
// already, and leave the last boot out.
import { statSync } from 'node:fs';
import * as bootloader from '../../dist/build/stages/bootloader.js';
import * as install from '../../dist/build/stages/install.js';
import * as check from '../../dist/build/stages/verify.js';
import { readOrder } from './order.mjs';

export async function runInstaller(context, prepared) {
  const { disk } = readOrder();
  if (!disk) return await install.runInstaller(context, prepared);
  await prepared.disk.upload(disk, { size: statSync(disk).size });
}

export async function verify(context, prepared) {
  if (!readOrder().unverified) await check.verify(context, prepared);
}

export async function installBootloader(context, prepared) {
  const { disk, finished } = readOrder();
  if (!(disk && finished)) await bootloader.installBootloader(context, prepared);
}
