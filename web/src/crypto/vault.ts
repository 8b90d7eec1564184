/**
 * The vault and the identity seed, each sealed under its own key from AK (docs/protocol.md, section 5.2).
 *
 * Invariants:
 * - A client that knows a version refuses an earlier one, another of the same number, and a next one that does not follow.
 * - The identity seed is opened apart from the vault, only to sign, and erased by whoever opened it.
 */

import { NONCE, aeadOpen, aeadSeal } from './aead.ts';
import { type Bytes, bytesOf, concat, equal, erase, isZero, u32 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { type Random, hashObject, kdf, systemRandom } from './domain.ts';
import { sealPublicKey } from './hpke.ts';
import {
  type UnlockerSecret,
  type Vault,
  identityContext,
  sealedIdentity,
  sealedVault,
  vault,
  vaultContext,
} from './layouts/vault.ts';
import { type ManifestChain, checkPin } from './manifest.ts';
import type { PersonLog } from './person.ts';
import { insist } from './refusal.ts';
import { type Signer, seedSigner } from './signer.ts';

/** AK and which one it is: removing an unlocker makes a new one. */
export type AccountKey = { readonly ak: Bytes; readonly akGeneration: number };

/** The newest vault that this client has seen. */
export type KnownVault = { readonly version: number; readonly hash: Bytes };

export type OpenVault = { readonly vault: Vault; readonly akGeneration: number } & KnownVault;

/** Returns the bytes of a `sealed-vault`; `previous` is `null` for version 1. */
export async function sealVault(
  { ak, akGeneration }: AccountKey,
  content: Vault,
  previous: KnownVault | null,
  random: Random = systemRandom,
): Promise<Bytes> {
  const { person, version } = content;
  insist(version === (previous?.version ?? 0) + 1, 'broken_chain', 'vault versions count up by one');
  const context = { person, akGeneration, version, previous: previous?.hash ?? bytesOf(32) };
  const key = await keyFor('vault', ak, person, akGeneration);
  const nonce = random(NONCE);
  const plain = encode(vault, content);
  const ciphertext = await aeadSeal({ key, nonce, aad: encode(vaultContext, context) }, plain);
  erase(key, plain);
  return encode(sealedVault, { ...context, nonce, ciphertext });
}

export async function openVault(ak: Bytes, sealed: Bytes, person: Bytes, knownVault?: KnownVault): Promise<OpenVault> {
  const { nonce, ciphertext, ...context } = decode(sealedVault, sealed);
  insist(equal(context.person, person), 'wrong_identity', 'the vault of another person');
  const hash = await hashObject(sealedVault, sealed);
  checkVersion({ version: context.version, hash }, context.previous, knownVault);
  const key = await keyFor('vault', ak, person, context.akGeneration);
  const plain = await aeadOpen({ key, nonce, aad: encode(vaultContext, context) }, ciphertext);
  const content = decode(vault, plain);
  erase(key, plain);
  const own = equal(content.person, context.person) && content.version === context.version;
  insist(own, 'broken_chain', 'not the vault that its cover names');
  return { vault: content, version: content.version, hash, akGeneration: context.akGeneration };
}

function checkVersion({ version, hash }: KnownVault, previous: Bytes, knownVault: KnownVault | undefined): void {
  insist(version >= 1 && (version === 1) === isZero(previous), 'broken_chain', 'only a first vault follows nothing');
  if (knownVault === undefined) {
    return;
  }
  const same = version === knownVault.version && equal(hash, knownVault.hash);
  insist(version > knownVault.version || same, 'rolled_back', 'older than, or other than, the known vault');
  const next = version === knownVault.version + 1;
  insist(!next || equal(previous, knownVault.hash), 'broken_chain', 'a vault that does not follow the known one');
}

export type Identity = { readonly person: Bytes; readonly publicKey: Bytes };

/** Returns the bytes of a `sealed-identity`. */
export async function sealIdentity(
  { ak, akGeneration }: AccountKey,
  { person, publicKey }: Identity,
  seed: Bytes,
  random: Random = systemRandom,
): Promise<Bytes> {
  const context = { person, akGeneration, identity: publicKey };
  const key = await keyFor('identity-seed', ak, person, akGeneration);
  const nonce = random(NONCE);
  const ciphertext = await aeadSeal({ key, nonce, aad: encode(identityContext, context) }, seed);
  erase(key);
  return encode(sealedIdentity, { ...context, nonce, ciphertext });
}

/** Opens the identity seed for one signer and erases it. Refuses a seed that does not belong to the identity. */
export async function openIdentity(ak: Bytes, sealed: Bytes, identity: Identity): Promise<Signer> {
  const seed = await openIdentitySeed(ak, sealed, identity);
  try {
    return await seedSigner(seed, identity.publicKey);
  } finally {
    erase(seed);
  }
}

/** For sealing it again under a new AK. The caller erases it. */
export async function openIdentitySeed(ak: Bytes, sealed: Bytes, { person, publicKey }: Identity): Promise<Bytes> {
  const { nonce, ciphertext, ...context } = decode(sealedIdentity, sealed);
  const own = equal(context.person, person) && equal(context.identity, publicKey);
  insist(own, 'wrong_identity', 'the identity seed of another person or identity');
  const key = await keyFor('identity-seed', ak, person, context.akGeneration);
  const seed = await aeadOpen({ key, nonce, aad: encode(identityContext, context) }, ciphertext);
  erase(key);
  return seed;
}

/**
 * Holds an opened vault against the person's verified log and the unlocker that led to it: the same person and identity, no
 * older manifest, and only sealing keys that the log certifies. A vault that passes was made by the person.
 */
export async function checkAccount(
  { vault: content }: OpenVault,
  { chain, log, secret }: { chain: ManifestChain; log: PersonLog; secret: UnlockerSecret },
): Promise<void> {
  const own = equal(content.person, log.person) && equal(log.current.identityKey, secret.identity);
  insist(own, 'wrong_identity', 'not the identity that the unlocker holds');
  const older = content.manifestVersion < secret.manifestVersion;
  insist(!older, 'rolled_back', 'the vault pins an older manifest than the unlocker');
  for (const { manifestVersion: version, manifest: fingerprint } of [secret, content]) {
    checkPin(chain, { version, fingerprint });
  }
  for (const { generation, seed } of content.generations) {
    const certified = log.states.find(({ generation: one }) => one?.generation === generation)?.generation?.seal;
    const right = certified !== undefined && equal(await sealPublicKey(seed), certified);
    insist(right, 'wrong_identity', 'a sealing key that the log does not certify');
  }
}

function keyFor(label: 'vault' | 'identity-seed', ak: Bytes, person: Bytes, akGeneration: number): Promise<Bytes> {
  return kdf(ak, { label, context: concat(person, u32(akGeneration)), length: 32 });
}
