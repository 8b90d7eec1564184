/**
 * Opening an account with what the server released and the person's password (docs/protocol.md, sections 5.2 to 5.4).
 *
 * Everything that the server sends is held against what only the person could have made: the unlocker that their password opens names
 * the identity and the manifest, the identity signed the wrap and the log, the vault holds the keys that the log certifies, and
 * nothing is older than what this device has seen before. A server that hands out another person's, another manifest's or an older
 * vault gets a refusal and no signature.
 */
import { type Bytes, equal, erase } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { sealPublicKey } from '../../crypto/hpke.ts';
import type { Policy } from '../../crypto/layouts/manifest.ts';
import { type Vault, unlockerBlob } from '../../crypto/layouts/vault.ts';
import {
  type ManifestChain,
  type ManifestPin,
  checkPin,
  openPolicy,
  pinOf,
  verifyManifests,
} from '../../crypto/manifest.ts';
import { wrapKey } from '../../crypto/password.ts';
import { type PersonLog, verifyPersonLog } from '../../crypto/person.ts';
import { insist } from '../../crypto/refusal.ts';
import { type OpenUnlocker, openUnlocker, unwrapAccountKey } from '../../crypto/unlocker.ts';
import {
  type AccountKey,
  type Identity,
  type KnownVault,
  type OpenVault,
  checkAccount,
  openVault,
} from '../../crypto/vault.ts';
import type { Unlock } from '../remote/shapes.ts';

export type Account = {
  person: Bytes;
  identity: Identity;
  key: AccountKey;
  vault: OpenVault;
  chain: ManifestChain;
  policy: Policy;
  log: PersonLog;
  /** The signed entries of `log`. */
  entries: Bytes[];
  sealedIdentity: Bytes;
};

/** What this device has seen of an account: nothing older is accepted from then on. */
export type Remembered = {
  vault: KnownVault;
  manifest: Required<ManifestPin>;
  log: { seq: number; head: Bytes };
};

export type Opening = {
  unlock: Unlock;
  /** Argon2id of the password. The caller erases it. */
  stretched: Bytes;
  person: Bytes;
  /** What is remembered, which lies under the account key. */
  recall: (ak: Bytes) => Promise<Remembered | undefined>;
};

export async function openAccount({ unlock, stretched, person, recall }: Opening): Promise<Account> {
  const opened = await open(unlock, stretched, person);
  const key = await unwrapAccountKey(unlock.akWrap, opened);
  const known = await recall(key.ak);
  const vault = await openVault(key.ak, unlock.sealedVault, person, known?.vault);
  const { secret } = opened;
  const pin = { fingerprint: secret.manifest, version: secret.manifestVersion };
  const chain = await verifyManifests(unlock.manifests, pin);
  const log = await verifyPersonLog(unlock.log, chain);
  insist(equal(log.person, person), 'wrong_identity', 'the log of another person');
  await checkAccount(vault, { chain, log, secret });
  await checkComplete(vault.vault, opened, log);
  if (known) {
    checkPin(chain, known.manifest);
    checkLog(log, known.log);
  }
  return {
    person,
    identity: { person, publicKey: opened.secret.identity },
    key,
    vault,
    chain,
    policy: await openPolicy(chain, unlock.policy),
    log,
    entries: unlock.log,
    sealedIdentity: unlock.sealedIdentity,
  };
}

export function rememberedOf({ vault, chain, log }: Pick<Account, 'vault' | 'chain' | 'log'>): Remembered {
  return {
    vault: { version: vault.version, hash: vault.hash },
    manifest: pinOf(chain),
    log: { seq: log.current.seq, head: log.current.head },
  };
}

async function open(
  { unlockerBlob: blob, vaultShare }: Unlock,
  stretched: Bytes,
  person: Bytes,
): Promise<OpenUnlocker> {
  const { unlocker } = decode(unlockerBlob, blob);
  insist(vaultShare !== undefined, 'malformed', 'no vault share');
  const key = await wrapKey(stretched, vaultShare, { person, unlocker });
  try {
    return await openUnlocker(key, blob, person);
  } finally {
    erase(key);
  }
}

function checkLog({ states, current }: PersonLog, known: Remembered['log']): void {
  insist(current.seq >= known.seq, 'rolled_back', 'an older person log');
  const there = states[known.seq - 1];
  insist(there !== undefined && equal(there.head, known.head), 'broken_chain', 'another person log');
}

/** The vault has the newest generation, and lists the unlocker that led to it. */
async function checkComplete({ generations, unlockers }: Vault, { context, secret }: OpenUnlocker, log: PersonLog) {
  const newest = log.current.generation;
  const complete = newest === null || generations.some(({ generation }) => generation === newest.generation);
  insist(complete, 'rolled_back', 'the vault lacks the newest generation');
  const listed = unlockers.find(({ unlocker }) => equal(unlocker, context.unlocker));
  const right = listed !== undefined && equal(listed.seal, await sealPublicKey(secret.seed));
  insist(right, 'wrong_identity', 'an unlocker that the vault does not list');
}
