import type { Inventory, Record_ } from './inventory.mjs';

export interface Difference {
  aspect: string;
  key: string;
  how: string[];
  first?: Record_ | undefined;
  second?: Record_ | undefined;
  lines?: { first: string[]; second: string[] };
}
export function compareInventories(first: Inventory, second: Inventory): Difference[];
