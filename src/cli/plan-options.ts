import type { Argv } from 'yargs';
import type { BuildOptions } from '../build/context.js';
import { VappError } from '../errors.js';

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

/** Those of them that were given. Throws VAPP_USAGE for one without a value, as `--name "$UNSET"` gives. */
export function planOptions(args: Record<string, unknown>): PlanOptions {
  const names = ['name', 'pool', 'network', 'proxyAddress', 'domainTemplate'] as const;
  const given = names.filter((name) => args[name] !== undefined);
  const empty = given.find((name) => String(args[name]) === '');
  if (empty) {
    const option = empty.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new VappError('VAPP_USAGE', `--${option} has an empty value`, {
      why: 'a variable of the shell that is not set gives one',
      hint: 'leave the option out, or say its value',
    });
  }
  return Object.fromEntries(given.map((name) => [name, String(args[name])]));
}
