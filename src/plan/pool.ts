import { VappError } from '../errors.js';
import { shellWord } from '../shell-word.js';
import type { HypervisorFacts, Plan } from './plan.js';

/** Pools whose volumes are files: https://libvirt.org/storage.html. */
const poolsOfFiles: readonly string[] = ['dir', 'fs', 'netfs', 'vstorage'];

/** The pool of a build: the one that is wanted, else `default`, which need not be there yet. Throws VAPP_PLAN_POOL. */
export function choosePool(facts: HypervisorFacts, wanted = 'default'): Plan['pool'] {
  const pool = facts.pools.find(({ name }) => name === wanted);
  const unfit = pool && unfitPool(facts, pool);
  if (unfit) throw unfit;
  if (pool || wanted === 'default') return { name: wanted };
  const names = facts.pools.map(({ name }) => name).join(', ');
  throw new VappError('VAPP_PLAN_POOL', `${facts.uri} has no storage pool ${JSON.stringify(wanted)}`, {
    why: names ? `its pools are: ${names}` : 'it has no storage pools',
    hint: `virsh -c ${shellWord(facts.uri)} pool-list --all`,
  });
}

/** Why a pool cannot hold a build; undefined when it can, or nobody knows. */
export function unfitPool(
  { uri }: Pick<HypervisorFacts, 'uri'>,
  { name, type }: HypervisorFacts['pools'][number],
): VappError | undefined {
  if (type === undefined || poolsOfFiles.includes(type)) return undefined;
  return new VappError('VAPP_PLAN_POOL', `the storage pool ${JSON.stringify(name)} cannot hold a build`, {
    why: `it is of the type ${type}: its volumes are no files, as a template’s disk and those of its clones are`,
    hint: `take another one by --pool: virsh -c ${shellWord(uri)} pool-list --all --type ${poolsOfFiles.join(',')}`,
  });
}
