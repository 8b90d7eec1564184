/**
 * One person's sealed records on this device: each value is AES-256-GCM ciphertext under a key from the person's newest sealing
 * seed, which is in the vault and stays there when AK and the seed are changed, so that what was sealed before can be sealed anew. With its own name as associated data a record can neither be read without the vault nor put in another's place.
 *
 * Invariant: after `close` nothing can be read or written, and the key is erased.
 */
import { NONCE, aeadOpen, aeadSeal } from '../../crypto/aead.ts';
import { type Bytes, concat, erase, utf8 } from '../../crypto/bytes.ts';
import { kdf, systemRandom } from '../../crypto/domain.ts';
import { Fault } from '../fault.ts';
import { type Kind, type SealedKind, clearedAt, isSealed, kinds } from './kinds.ts';
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

  /** `seed` is that of the person's newest generation. */
  static async open(
    disk: Store,
    seed: Bytes,
    { person, shared }: { person: string; shared: boolean },
  ): Promise<Cabinet> {
    const key = await kdf(seed, { label: 'device-store', context: utf8(person), length: 32 });
    return new Cabinet(disk, person, shared, key);
  }

  /** `undefined` when there is none, or none that opens: a record of an earlier identity is as good as absent. */
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

  /** Seals anew what lies on disk under the seeds of earlier generations. What none of them opens stays as it is. */
  async reseal(earlier: readonly Bytes[]): Promise<void> {
    const before = await Promise.all(
      earlier.map((seed) => Cabinet.open(this.#disk, seed, { person: this.#person, shared: this.#shared })),
    );
    for (const kind of Object.keys(kinds) as Kind[]) {
      if (!isSealed(kind) || this.#store(kind) !== this.#disk) continue;
      for (const [path, sealed] of await this.#disk.all(this.#path(kind, ''))) {
        let value = await this.#open(path, sealed);
        if (value !== undefined) continue;
        for (const one of before) value ??= await one.#open(path, sealed);
        if (value !== undefined) await this.#disk.change({ put: [[path, await this.#seal(path, value)]] });
      }
    }
    for (const one of before) one.close();
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
