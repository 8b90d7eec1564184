/**
 * What stays on this device: a few named records, changed in one step. The browser's is IndexedDB (idb.ts), that of a shared ward PC
 * and of tests is memory (memory.ts).
 */

export type Change = {
  readonly put?: readonly (readonly [name: string, value: unknown])[];
  readonly remove?: readonly string[];
};

export interface Store {
  get(name: string): Promise<unknown>;
  /** Everything whose name begins so, in the order of names. */
  all(prefix: string): Promise<(readonly [name: string, value: unknown])[]>;
  /** All or nothing. Resolves when it is durable. */
  change(change: Change): Promise<void>;
}
