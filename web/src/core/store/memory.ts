/** A store that is gone with the worker. */
import type { Change, Store } from './store.ts';

export class MemoryStore implements Store {
  readonly #records = new Map<string, unknown>();

  get(name: string): Promise<unknown> {
    return Promise.resolve(this.#records.get(name));
  }

  all(prefix: string): Promise<(readonly [string, unknown])[]> {
    const found = [...this.#records].filter(([name]) => name.startsWith(prefix));
    return Promise.resolve(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  change({ put = [], remove = [] }: Change): Promise<void> {
    for (const name of remove) this.#records.delete(name);
    for (const [name, value] of put) this.#records.set(name, value);
    return Promise.resolve();
  }
}
