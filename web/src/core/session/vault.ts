/**
 * Saving bookmarks in the vault, so that this person's next device knows how far each thread was, and a server that goes back behind it
 * is found out (docs/protocol.md, section 5.2).
 */
import { equal, hex, order } from '../../crypto/bytes.ts';
import type { Vault } from '../../crypto/layouts/vault.ts';
import { type OpenVault, openVault, sealVault } from '../../crypto/vault.ts';
import { isProblem } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import type { Cabinet } from '../store/cabinet.ts';
import { type Account, rememberedOf } from './account.ts';

type Bookmark = Vault['bookmarks'][number];

const most = 4096;

export class VaultKeeper {
  readonly #remote: Remote;
  readonly #cabinet: Cabinet;
  readonly #account: Account;
  #vault: OpenVault;

  constructor(remote: Remote, cabinet: Cabinet, account: Account) {
    this.#remote = remote;
    this.#cabinet = cabinet;
    this.#account = account;
    this.#vault = account.vault;
  }

  get bookmarks(): readonly Bookmark[] {
    return this.#vault.vault.bookmarks;
  }

  /** Remembers on this device which vault, manifest and log were the newest. */
  remember(): Promise<void> {
    return this.#cabinet.put('bookmark', 'account', rememberedOf({ ...this.#account, vault: this.#vault }));
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
        await this.#reload();
      }
    }
  }

  async #write(bookmarks: Bookmark[]): Promise<void> {
    const { key, person } = this.#account;
    const next: Vault = { ...this.#vault.vault, version: this.#vault.version + 1, bookmarks };
    const sealed = await sealVault(key, next, this.#vault);
    await this.#remote.vault.put(sealed);
    this.#vault = await openVault(key.ak, sealed, person, this.#vault);
    await this.remember();
  }

  /** Another device saved meanwhile. What it saved must not be older than what we know. */
  async #reload(): Promise<void> {
    const { sealedVault } = await this.#remote.vault.get();
    this.#vault = await openVault(this.#account.key.ak, sealedVault, this.#account.person, this.#vault);
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
