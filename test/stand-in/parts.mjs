// Stands before src/build/stages/parts.ts: gathers what a build needs, and puts the stand-in's initrd in the installer's place.
import * as real from '../../dist/build/stages/parts.js';
import { archiveOf } from './disk.mjs';
import { faultyFinisher, orderFile, realFault, standInInitrd } from './kit.mjs';
import { readOrder } from './order.mjs';

export * from '../../dist/build/stages/parts.js';

export async function gatherParts(context, engine) {
  const order = readOrder();
  const parts = await real.gatherParts(context, engine);
  const { cache } = context;
  const finisherInitrd = await faultyFinisher(parts.finisherInitrd, order, cache);
  if (order.real) return { ...parts, finisherInitrd, extra: [...parts.extra, await realFault(order)] };
  return {
    ...parts,
    kit: { ...parts.kit, initrd: await standInInitrd({ ...parts, cache }) },
    finisherInitrd,
    // The stand-in has no base system.
    tarball: '/dev/null',
    extra: [archiveOf([['stand-in/order', orderFile(order), 0o644]])],
  };
}
