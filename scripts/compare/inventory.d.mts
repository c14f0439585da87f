/** Field name -> text. */
export type Record_ = Readonly<Record<string, string>>;
export interface Inventory {
  aspects: Record<string, Map<string, Record_>>;
  /** Path -> names of packages. */
  owners: Map<string, string[]>;
  /** Question -> names of packages. */
  questions: Map<string, string[]>;
  /** Path -> content. */
  texts: ReadonlyMap<string, string>;
}
export function readInventory(
  answers: ReadonlyMap<string, string>,
  texts?: ReadonlyMap<string, string>,
): Inventory;
