/** The browser's store: one IndexedDB database with one table of records by name. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { Fault } from '../fault.ts';
import type { Change, Store } from './store.ts';

interface Schema extends DBSchema {
  records: { key: string; value: unknown };
}

export class BrowserStore implements Store {
  readonly #database: IDBPDatabase<Schema>;

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

  async change({ put = [], remove = [] }: Change): Promise<void> {
    const transaction = this.#database.transaction('records', 'readwrite', { durability: 'strict' });
    await Promise.all([
      ...remove.map((name) => transaction.store.delete(name)),
      ...put.map(([name, value]) => transaction.store.put(value, name)),
      transaction.done,
    ]);
  }
}
