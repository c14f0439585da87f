import type { Argv } from 'yargs';
import type { BuildOptions } from '../build/context.js';

type PlanOptions = Pick<BuildOptions, 'name' | 'pool' | 'network' | 'proxyAddress' | 'domainTemplate'>;

/** Options of `build` and `compile` alike. */
export const addPlanOptions = (yargs: Argv): Argv =>
  yargs
    .option('name', { type: 'string', requiresArg: true, describe: 'name of the template' })
    .option('pool', { type: 'string', requiresArg: true, describe: 'storage pool' })
    .option('network', { type: 'string', requiresArg: true, describe: 'libvirt network, or bridge:NAME' })
    .option('proxy-address', {
      type: 'string',
      requiresArg: true,
      describe: 'HOST[:PORT] of this machine where guests reach the package proxy',
    })
    .option('domain-template', {
      type: 'string',
      requiresArg: true,
      describe: 'domain XML to use instead of vapp’s',
    });

/** Those of them that were given. */
export function planOptions(args: Record<string, unknown>): PlanOptions {
  const names = ['name', 'pool', 'network', 'proxyAddress', 'domainTemplate'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (args[name] === undefined ? [] : [[name, String(args[name])]])),
  );
}
