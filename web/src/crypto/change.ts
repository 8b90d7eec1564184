/**
 * Changing the ways to AK (docs/protocol.md, section 5.7).
 *
 * Invariants:
 * - One added is listed in the vault's next version, and AK is wrapped to it alone.
 * - A removal takes a new AK and a new sealing key: what it opened yesterday is not what is sealed tomorrow. Whatever remains in the
 *   vault's list gets a wrap of the new AK, and nothing else does. Both are renewed in the same way when nothing is removed, after a loss.
 * - Nothing of this counts before the server took it as a whole; until then the caller goes on with what there was.
 */

import { type Bytes, equal, erase, order } from './bytes.ts';
import { type Random, systemRandom } from './domain.ts';
import { sealPublicKey } from './hpke.ts';
import { generation } from './layouts/person.ts';
import type { UnlockerContext, Vault } from './layouts/vault.ts';
import { type ManifestChain, pinOf } from './manifest.ts';
import { type PersonLog, verifyPersonLog } from './person.ts';
import { insist } from './refusal.ts';
import { sign } from './signed.ts';
import { seedSigner } from './signer.ts';
import { sealUnlocker, wrapAccountKey, wrapForVault } from './unlocker.ts';
import {
  type AccountKey,
  type Identity,
  type OpenVault,
  openIdentitySeed,
  openVault,
  sealIdentity,
  sealVault,
} from './vault.ts';

/** All that a change begins with, opened and verified. */
export type Held = {
  readonly key: AccountKey;
  readonly vault: OpenVault;
  readonly identity: Identity;
  readonly sealedIdentity: Bytes;
  readonly log: PersonLog;
  readonly chain: ManifestChain;
};

export type Change = {
  /** `key` opens its blob. The caller erases it. */
  readonly add?: Pick<UnlockerContext, 'unlocker' | 'kind'> & { readonly key: Bytes };
  readonly remove?: readonly Bytes[];
  /** New keys also when nothing is removed. */
  readonly renew?: boolean;
  readonly issued: number;
};

/** What the server gets, and what there is once it has taken it. */
export type Changed = {
  readonly blob?: Bytes;
  readonly sealedVault: Bytes;
  readonly wraps: Bytes[];
  /** Both with new keys. */
  readonly rotation?: { readonly sealedIdentity: Bytes; readonly generation: Bytes };
  readonly then: Pick<Held, 'key' | 'vault' | 'sealedIdentity' | 'log'>;
};

const most = 16;

export async function changeUnlockers(held: Held, change: Change, random: Random = systemRandom): Promise<Changed> {
  const { add, remove = [], issued } = change;
  const { unlockers } = held.vault.vault;
  const left = unlockers.filter(({ unlocker }) => !remove.some((each) => equal(unlocker, each)));
  insist(left.length === unlockers.length - remove.length, 'not_entitled', 'no such unlocker to remove');
  const fresh = !add || left.every(({ unlocker }) => !equal(unlocker, add.unlocker));
  insist(fresh, 'not_entitled', 'an unlocker is added once');
  insist(left.length + (add ? 1 : 0) <= most, 'not_entitled', 'too many unlockers');
  const identitySeed = await openIdentitySeed(held.key.ak, held.sealedIdentity, held.identity);
  const unlockerSeed = random(32);
  try {
    const entry = add && {
      unlocker: add.unlocker,
      kind: add.kind,
      seal: await sealPublicKey(unlockerSeed),
      added: issued,
    };
    const listed = [...left, ...(entry ? [entry] : [])].sort((a, b) => order(a.unlocker, b.unlocker));
    insist(
      listed.some(({ kind }) => kind !== 'pin'),
      'not_entitled',
      'a PIN is never the only unlocker',
    );
    const identity = await seedSigner(identitySeed, held.identity.publicKey);
    const renewed = remove.length > 0 || change.renew === true;
    const rotated = renewed ? await rotate(held, identitySeed, issued, random) : undefined;
    const key = rotated?.key ?? held.key;
    const next: Vault = {
      ...held.vault.vault,
      version: held.vault.version + 1,
      unlockers: listed,
      generations: [...held.vault.vault.generations, ...(rotated ? [rotated.own] : [])],
    };
    const sealedVault = await sealVault(key, next, held.vault, random);
    const vault = await openVault(key.ak, sealedVault, next.person, held.vault);
    const { version: manifestVersion, fingerprint: manifest } = pinOf(held.chain);
    return {
      ...(add && {
        blob: await sealUnlocker(
          add.key,
          { person: next.person, unlocker: add.unlocker, kind: add.kind },
          { seed: unlockerSeed, identity: held.identity.publicKey, manifestVersion, manifest },
          random,
        ),
      }),
      sealedVault,
      wraps:
        entry && !rotated
          ? [await wrapAccountKey(key, { person: next.person, ...entry }, identity)]
          : await wrapForVault(key, vault, identity),
      ...(rotated && { rotation: { sealedIdentity: rotated.sealedIdentity, generation: rotated.entry } }),
      then: {
        key,
        vault,
        sealedIdentity: rotated?.sealedIdentity ?? held.sealedIdentity,
        log: rotated?.log ?? held.log,
      },
    };
  } finally {
    erase(identitySeed, unlockerSeed);
  }
}

/** AK g+1 and the person's next sealing key, signed into their log. */
async function rotate(
  { key: before, identity, log, chain }: Held,
  identitySeed: Bytes,
  issued: number,
  random: Random,
) {
  const { person, publicKey } = identity;
  const key = { ak: random(32), akGeneration: before.akGeneration + 1 };
  const seed = random(32);
  const value = {
    person,
    seq: log.current.seq + 1,
    previous: log.current.head,
    generation: log.current.generations + 1,
    seal: await sealPublicKey(seed),
    issued,
  };
  const by = await seedSigner(identitySeed, publicKey);
  const entry = await sign(generation, value, { kind: 'identity', id: person, by });
  return {
    key,
    own: { generation: value.generation, seed },
    entry,
    log: await verifyPersonLog([entry], chain, { from: log }),
    sealedIdentity: await sealIdentity(key, identity, identitySeed, random),
  };
}
