/** The browser's store: one IndexedDB database with one table of records by name. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { Fault } from '../fault.ts';
import type { Change, Store } from './store.ts';

interface Schema extends DBSchema {
  records: { key: string; value: unknown };
}

/**
 * Changes that come while one is being written wait and are written together: each flush to the disk costs the same, whatever is in it. A change
 * is done when its transaction is, and changes never overtake each other.
 */
export class BrowserStore implements Store {
  readonly #database: IDBPDatabase<Schema>;
  #waiting: Change[] = [];
  #written: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  static async open(name = 'wardline'): Promise<BrowserStore> {
    try {
      const database = await openDB<Schema>(name, 1, {
        upgrade: (fresh) => void fresh.createObjectStore('records'),
        // A newer page needs another version: let it have the database.
        blocking: (_current, _blocked, event) => {
          (event.target as IDBDatabase).close();
        },
      });
      return new BrowserStore(database);
    } catch {
      throw new Fault('storage_unavailable');
    }
  }

  get(name: string): Promise<unknown> {
    return this.#database.get('records', name);
  }

  async all(prefix: string): Promise<(readonly [string, unknown])[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const transaction = this.#database.transaction('records');
    const [names, values] = await Promise.all([
      transaction.store.getAllKeys(range),
      transaction.store.getAll(range),
      transaction.done,
    ]);
    return names.map((each, at) => [each, values[at]] as const);
  }

  change(change: Change): Promise<void> {
    this.#waiting.push(change);
    if (this.#written) return this.#written;
    const written = this.#writing.then(() => {
      const together = this.#waiting;
      [this.#waiting, this.#written] = [[], undefined];
      return this.#write(together);
    });
    this.#written = written;
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(changes: readonly Change[]): Promise<void> {
    const transaction = this.#database.transaction('records', 'readwrite', { durability: 'strict' });
    const { store } = transaction;
    const asked = changes.flatMap(({ put = [], remove = [] }) => [
      ...remove.map((name) => store.delete(name)),
      ...put.map(([name, value]) => store.put(value, name)),
    ]);
    await Promise.all([...asked, transaction.done]);
  }
}
