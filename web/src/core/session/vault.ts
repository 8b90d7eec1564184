/**
 * Saving bookmarks in the vault, so that this person's next device knows how far each thread was, and a server that goes back behind it
 * is found out (docs/protocol.md, section 5.2).
 */
import { type Bytes, equal, erase, hex, order } from '../../crypto/bytes.ts';
import type { Vault } from '../../crypto/layouts/vault.ts';
import { decode } from '../../crypto/codec.ts';
import { sealedVault as sealedVaultLayout } from '../../crypto/layouts/vault.ts';
import { uuidText } from '../../crypto/names.ts';
import { type AccountKey, type OpenVault, openVault, sealVault } from '../../crypto/vault.ts';
import { Fault, isProblem } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import type { Store } from '../store/store.ts';
import { type Account, rememberedOf } from './account.ts';
import { keepNewest } from './newest.ts';

type Bookmark = Vault['bookmarks'][number];

const most = 4096;

/** What a change of unlockers leaves behind. */
export type Turned = { key: AccountKey; vault: OpenVault; sealedIdentity: Bytes; log: Account['log'] };

export class VaultKeeper {
  readonly #remote: Remote;
  readonly #disk: Store;
  readonly #changedElsewhere: () => void;
  #account: Account;
  #erased = false;

  constructor(remote: Remote, disk: Store, account: Account, changedElsewhere: () => void) {
    this.#remote = remote;
    this.#disk = disk;
    this.#account = account;
    this.#changedElsewhere = changedElsewhere;
  }

  get account(): Account {
    return this.#account;
  }

  get #vault(): OpenVault {
    return this.#account.vault;
  }

  get bookmarks(): readonly Bookmark[] {
    return this.#vault.vault.bookmarks;
  }

  seed(generation: number): Bytes | undefined {
    return this.#vault.vault.generations.find((each) => each.generation === generation)?.seed;
  }

  erase(): void {
    this.#erased = true;
    erase(this.#account.key.ak, ...this.#vault.vault.generations.map(({ seed }) => seed));
  }

  /**
   * Remembers on this device which account key, vault, manifest and log were the newest. What lies here stays sealed under the generation
   * that the desk was opened with, until the next time.
   */
  async remember(store = this.#store): Promise<void> {
    if (this.#erased) return;
    this.#store = store ?? rememberedOf(this.#account).store;
    await keepNewest(this.#disk, uuidText(this.#account.person), {
      ...rememberedOf(this.#account),
      store: this.#store,
    });
  }

  #store: number | undefined;

  /** The unlockers were changed from here. */
  async turn(turned: Turned, entry: Bytes | undefined): Promise<void> {
    const entries = [...this.#account.entries, ...(entry ? [entry] : [])];
    this.#account = { ...this.#account, ...turned, entries };
    await this.remember();
  }

  /** Writes the next version when something is newer than what the vault has. */
  async save(present: readonly Bookmark[]): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const merged = merge(this.#vault.vault.bookmarks, present);
      if (!merged) return;
      try {
        await this.#write(merged);
        return;
      } catch (thrown) {
        if (!isProblem(thrown, 'vault_moved')) throw thrown;
        await this.reload();
      }
    }
  }

  async #write(bookmarks: Bookmark[]): Promise<void> {
    const { key, person } = this.#account;
    const next: Vault = { ...this.#vault.vault, version: this.#vault.version + 1, bookmarks };
    const sealed = await sealVault(key, next, this.#vault);
    await this.#remote.vault.put(sealed);
    await this.#take(await openVault(key.ak, sealed, person, this.#vault));
  }

  /** Another device saved meanwhile. What it saved must not be older than what we know. */
  async reload(): Promise<void> {
    const { sealedVault } = await this.#remote.vault.get();
    const { key, person } = this.#account;
    if (decode(sealedVaultLayout, sealedVault).akGeneration > key.akGeneration) {
      this.#changedElsewhere();
      throw new Fault('locked');
    }
    await this.#take(await openVault(key.ak, sealedVault, person, this.#vault));
  }

  async #take(vault: OpenVault): Promise<void> {
    // A change of the unlockers may have come first.
    if (vault.version <= this.#vault.version) return;
    this.#account = { ...this.#account, vault };
    await this.remember();
  }
}

/** `undefined` when nothing is newer. */
function merge(kept: readonly Bookmark[], present: readonly Bookmark[]): Bookmark[] | undefined {
  const all = new Map(kept.map((each) => [hex(each.thread), each]));
  let news = false;
  for (const each of present) {
    const before = all.get(hex(each.thread));
    if (before && (before.seq > each.seq || equal(before.logHash, each.logHash))) continue;
    all.set(hex(each.thread), each);
    news = true;
  }
  if (!news) return undefined;
  const newest = [...all.values()].sort((a, b) => b.seq - a.seq).slice(0, most);
  return newest.sort((a, b) => order(a.thread, b.thread));
}
