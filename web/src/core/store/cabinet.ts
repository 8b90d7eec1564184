/**
 * One person's sealed records on this device: each value is AES-256-GCM ciphertext under a key from AK, with its own name as
 * associated data, so that a record can neither be read without the password nor put in another's place.
 *
 * Invariant: after `close` nothing can be read or written, and the key is erased.
 */
import { NONCE, aeadOpen, aeadSeal } from '../../crypto/aead.ts';
import { type Bytes, concat, erase, utf8 } from '../../crypto/bytes.ts';
import { kdf, systemRandom } from '../../crypto/domain.ts';
import { Fault } from '../fault.ts';
import { type Kind, type SealedKind, clearedAt, kinds } from './kinds.ts';
import { MemoryStore } from './memory.ts';
import { pack, unpack } from './pack.ts';
import type { Store } from './store.ts';

export type Drawer = { readonly kind: SealedKind; readonly name: string };
export type Filed = Drawer & { readonly value: unknown };

export class Cabinet {
  readonly #disk: Store;
  readonly #memory = new MemoryStore();
  readonly #person: string;
  readonly #shared: boolean;
  #key: Bytes | undefined;

  private constructor(disk: Store, person: string, shared: boolean, key: Bytes) {
    this.#disk = disk;
    this.#person = person;
    this.#shared = shared;
    this.#key = key;
  }

  static async open(disk: Store, ak: Bytes, { person, shared }: { person: string; shared: boolean }): Promise<Cabinet> {
    const key = await kdf(ak, { label: 'device-store', context: utf8(person), length: 32 });
    return new Cabinet(disk, person, shared, key);
  }

  /** `undefined` when there is none, or none that opens: a record of an earlier account key is as good as absent. */
  async get(kind: SealedKind, name: string): Promise<unknown> {
    const path = this.#path(kind, name);
    return this.#open(path, await this.#store(kind).get(path));
  }

  async all(kind: SealedKind, prefix = ''): Promise<{ name: string; value: unknown }[]> {
    const root = this.#path(kind, '');
    const found = await this.#store(kind).all(root + prefix);
    const opened = await Promise.all(
      found.map(async ([path, sealed]) => ({ name: path.slice(root.length), value: await this.#open(path, sealed) })),
    );
    return opened.filter(({ value }) => value !== undefined);
  }

  put(kind: SealedKind, name: string, value: unknown): Promise<void> {
    return this.change({ put: [{ kind, name, value }] });
  }

  /** In one step for each place where records are kept. */
  async change({ put = [], remove = [] }: { put?: readonly Filed[]; remove?: readonly Drawer[] }): Promise<void> {
    const sealed = await Promise.all(
      put.map(async ({ kind, name, value }) => {
        const path = this.#path(kind, name);
        return { kind, entry: [path, await this.#seal(path, value)] as const };
      }),
    );
    for (const store of [this.#disk, this.#memory]) {
      const here = ({ kind }: { kind: SealedKind }) => this.#store(kind) === store;
      const change = {
        put: sealed.filter(here).map(({ entry }) => entry),
        remove: remove.filter(here).map(({ kind, name }) => this.#path(kind, name)),
      };
      if (change.put.length + change.remove.length > 0) await store.change(change);
    }
  }

  /** Forgets the key. The records stay as they are: ciphertext. */
  close(): void {
    erase(this.#key);
    this.#key = undefined;
  }

  #store(kind: SealedKind): Store {
    return this.#shared && kinds[kind].shared === 'lock' ? this.#memory : this.#disk;
  }

  #path(kind: SealedKind, name: string): string {
    return pathOf(kind, this.#person, name);
  }

  async #seal(path: string, value: unknown): Promise<Bytes> {
    const nonce = systemRandom(NONCE);
    const plain = pack(value);
    const ciphertext = await aeadSeal({ key: this.#secret(), nonce, aad: utf8(path) }, plain);
    erase(plain);
    return concat(nonce, ciphertext);
  }

  async #open(path: string, sealed: unknown): Promise<unknown> {
    const key = this.#secret();
    if (!(sealed instanceof Uint8Array) || sealed.length < NONCE) return undefined;
    const bytes = new Uint8Array(sealed);
    let plain: Bytes;
    try {
      plain = await aeadOpen({ key, nonce: bytes.slice(0, NONCE), aad: utf8(path) }, bytes.slice(NONCE));
    } catch {
      return undefined;
    }
    try {
      return unpack(plain);
    } finally {
      erase(plain);
    }
  }

  #secret(): Bytes {
    if (!this.#key) throw new Fault('locked');
    return this.#key;
  }
}

/** Takes away what goes when a person signs out of this device, or when it is wiped. Needs no key. */
export async function clearRecords(
  disk: Store,
  { person, shared, moment }: { person: string; shared: boolean; moment: 'sign-out' | 'wipe' },
): Promise<void> {
  const going = clearedAt(moment, shared);
  const found = await Promise.all(going.map((kind) => disk.all(pathOf(kind, person, ''))));
  await disk.change({ remove: found.flat().map(([path]) => path) });
}

export function pathOf(kind: Kind, person: string, name: string): string {
  return `${kind}/${person}/${name}`;
}
