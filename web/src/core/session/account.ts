/**
 * Opening an account with what the server released and what the person gave: a password, a passkey or a PIN (docs/protocol.md, sections
 * 5.2 to 5.6).
 *
 * Everything that the server sends is held against what only the person could have made: the unlocker that they open names
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
import { type PersonLog, verifyPersonLog } from '../../crypto/person.ts';
import { insist } from '../../crypto/refusal.ts';
import { type OpenUnlocker, type Owner, openUnlocker, unwrapAccountKey } from '../../crypto/unlocker.ts';
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
  /** Which account key it was. Removing an unlocker makes a new one, and the wraps of the one before count no more. */
  akGeneration: number;
  /** Under whose generation what is kept on this device is sealed. */
  store: number;
  /** A passkey opens the account, so that the lock screen can offer it. */
  passkey: boolean;
};

export type Opening = {
  unlock: Unlock;
  person: Bytes;
  /** The key of the unlocker's blob. It is erased here. */
  keyOf: (owner: Owner) => Promise<Bytes>;
  /** What this device remembers. It is not sealed: it must outlive the account key that it speaks of. */
  known: Remembered | undefined;
};

export async function openAccount({ unlock, person, keyOf, known }: Opening): Promise<Account> {
  const opened = await open(unlock.unlockerBlob, person, keyOf);
  const key = await unwrapAccountKey(unlock.akWrap, opened, known?.akGeneration);
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

export function rememberedOf({ vault, chain, log, key }: Pick<Account, 'vault' | 'chain' | 'log' | 'key'>): Remembered {
  const { generations, unlockers } = vault.vault;
  return {
    akGeneration: key.akGeneration,
    store: generations.at(-1)?.generation ?? 0,
    passkey: unlockers.some(({ kind }) => kind === 'passkey'),
    vault: { version: vault.version, hash: vault.hash },
    manifest: pinOf(chain),
    log: { seq: log.current.seq, head: log.current.head },
  };
}

async function open(blob: Bytes, person: Bytes, keyOf: Opening['keyOf']): Promise<OpenUnlocker> {
  const { unlocker } = decode(unlockerBlob, blob);
  const key = await keyOf({ person, unlocker });
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
