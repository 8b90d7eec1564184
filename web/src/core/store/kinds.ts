/**
 * Every kind of record that is kept, where, and when it goes (R22, R25, R27).
 *
 * A lock takes the key of all sealed records out of memory, so none of them can be read until the password is given again. What a
 * shared ward PC keeps on disk until its person signs out is the device's key, drafts and the outbox: ciphertext that nobody but its
 * author opens, and that must not be lost to a lock in the middle of a sentence (H17). Everything else is in memory there.
 */
import type { ClearedAt } from '../../platform/types.ts';

type Keeping = {
  /** On a device of one person or of the organisation. */
  cleared: ClearedAt;
  /** On a shared ward PC. `lock` means that it never touches the disk. */
  shared: ClearedAt;
};

export const kinds = {
  /** The device's own keys, which the browser never gives out. Not sealed: it is needed before the password. */
  device: { cleared: 'wipe', shared: 'sign-out' },
  /** The key that a PIN is mixed with, which the browser never gives out. Not sealed: it is needed before the PIN opens anything. */
  pin: { cleared: 'wipe', shared: 'sign-out' },
  /** Ids of passkeys that were used here. */
  passkey: { cleared: 'wipe', shared: 'sign-out' },
  /** What a later sign-in must not fall behind: manifest, vault, log, account key. Hashes and numbers, not sealed. */
  newest: { cleared: 'wipe', shared: 'sign-out' },
  /** Threads that contradicted themselves: what stopped them, so that nothing starts them again. */
  frozen: { cleared: 'wipe', shared: 'lock' },
  /** Entries of threads' logs as they were served: ciphertext of messages with their halves. */
  log: { cleared: 'sign-out', shared: 'lock' },
  /** Where each log stands, and the secrets of its epochs. */
  thread: { cleared: 'sign-out', shared: 'lock' },
  /** Verified person logs and directory entries. */
  person: { cleared: 'sign-out', shared: 'lock' },
  /** The organisation's policies, which are nobody's own and no secret: readable before the password (R36). Not sealed. */
  policy: { cleared: 'wipe', shared: 'wipe' },
  /** The newest Merkle log that was accepted, and the evidence when another one contradicted it. */
  ledger: { cleared: 'wipe', shared: 'lock' },
  draft: { cleared: 'wipe', shared: 'sign-out' },
  outbox: { cleared: 'wipe', shared: 'sign-out' },
} as const satisfies Record<string, Keeping>;

export type Kind = keyof typeof kinds;
const open: ReadonlySet<Kind> = new Set(['device', 'pin', 'passkey', 'newest', 'policy']);

export const isSealed = (kind: Kind): kind is SealedKind => !open.has(kind);

export type SealedKind = Exclude<Kind, 'device' | 'pin' | 'passkey' | 'newest' | 'policy'>;

/** The kinds that go at a moment. A wipe takes what signing out takes, and that takes what a lock takes. */
export function clearedAt(moment: ClearedAt, shared: boolean): Kind[] {
  const rank = { lock: 0, 'sign-out': 1, wipe: 2 };
  return (Object.keys(kinds) as Kind[]).filter((kind) => {
    const keeping = kinds[kind];
    return rank[shared ? keeping.shared : keeping.cleared] <= rank[moment];
  });
}
