/**
 * What a browser keeps: local storage, session storage, caches and every value of IndexedDB, read from the page; and the files of the
 * profile on disk. Both are searched for known sentences in the ways in which a browser writes text.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Page } from 'playwright-core';

/** One value that the browser keeps, with where it was found. */
export type Kept = { where: string; bytes: Buffer };

/** Everything that this origin keeps in the page's context. */
export async function keptBy(page: Page): Promise<Kept[]> {
  const found = await page.evaluate(collect);
  return found.map(({ where, base64 }) => ({ where, bytes: Buffer.from(base64, 'base64') }));
}

/** Where one of the sentences stands in clear, each place once. */
export function findIn(kept: Kept[], sentences: Iterable<string>): string[] {
  const wanted = [...sentences].map((text) => ({ text, forms: writtenForms(text) }));
  return kept.flatMap(({ where, bytes }) =>
    wanted.filter(({ forms }) => forms.some((form) => bytes.includes(form))).map(({ text }) => `“${text}” in ${where}`),
  );
}

/** The same in every file under a directory. */
export async function findInFiles(directory: string, sentences: Iterable<string>): Promise<string[]> {
  const wanted = [...sentences];
  const places: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    places.push(...findIn([{ where: relative(directory, path), bytes: await readFile(path) }], wanted));
  }
  return places;
}

function writtenForms(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < 9) throw new Error(`“${text}” is too short to be looked for`);
  return [
    bytes,
    Buffer.from(text, 'utf16le'),
    // In base64 the letters depend on where the text begins; the middle of each of the three is certain.
    ...[0, 1, 2].map((shift) => {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
      return Buffer.from(shifted.slice(shift === 0 ? 0 : 4, Math.floor(shifted.length / 4) * 4 - 4), 'latin1');
    }),
  ];
}

/** Runs in the page. */
async function collect(): Promise<{ where: string; base64: string }[]> {
  const found: { where: string; base64: string }[] = [];
  const add = (where: string, bytes: Uint8Array) => {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    found.push({ where, base64: btoa(binary) });
  };
  const addValue = (where: string, value: unknown): void => {
    if (value instanceof ArrayBuffer) add(where, new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) add(where, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (value instanceof CryptoKey)
      addValue(where, `${value.extractable ? 'extractable' : 'locked'} ${value.type} key`);
    else if (Array.isArray(value)) value.forEach((each, at) => addValue(`${where}[${at}]`, each));
    else if (value instanceof Map) addValue(where, [...value]);
    else if (value instanceof Date) addValue(where, value.toISOString());
    else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) addValue(`${where}.${key}`, each);
    } else add(where, new TextEncoder().encode(String(value)));
  };
  const asked = <T>(request: IDBRequest<T>) =>
    new Promise<T>((fulfil, refuse) => {
      request.onsuccess = () => fulfil(request.result);
      request.onerror = () => refuse(request.error ?? new Error('IndexedDB refused'));
    });

  for (const [name, storage] of Object.entries({ localStorage, sessionStorage })) {
    for (const key of Object.keys(storage)) addValue(`${name} ${key}`, [key, storage.getItem(key)]);
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      if (response) addValue(`cache ${name} ${request.url}`, await response.arrayBuffer());
    }
  }
  for (const { name } of await indexedDB.databases()) {
    if (!name) continue;
    const database = await asked(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([asked(objects.getAllKeys()), asked(objects.getAll())]);
      keys.forEach((key, at) =>
        addValue(`IndexedDB ${name}/${store} ${JSON.stringify(key).slice(0, 60)}`, [key, values[at]]),
      );
    }
    database.close();
  }
  return found;
}
