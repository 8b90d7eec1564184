/**
 * Unlockers: the ways from a password, a passkey or a PIN to AK (docs/protocol.md, section 5.3).
 *
 * Invariants:
 * - A wrap of AK counts only with the signature of the identity that the opened unlocker names, so a server that wraps a key
 *   of its own making gets nothing sealed to it.
 * - An unlocker's blob, secret and wrap are each bound to one person, one unlocker and one generation of AK.
 */

import { NONCE, aeadOpen, aeadSeal } from './aead.ts';
import { type Bytes, equal, erase } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { type Random, hpkeInfo, systemRandom } from './domain.ts';
import { type Encapsulation, hpkeOpen, hpkeSeal } from './hpke.ts';
import {
  type UnlockerContext,
  type UnlockerSecret,
  akWrap,
  unlockerBlob,
  unlockerContext,
  unlockerSecret,
  wrapContext,
} from './layouts/vault.ts';
import { insist } from './refusal.ts';
import { sign, unpack, verifyExactly } from './signed.ts';
import type { Signer } from './signer.ts';
import type { AccountKey, OpenVault } from './vault.ts';

/** Returns the bytes of an `unlocker-blob`, under the key that the unlocker's owner can make. */
export async function sealUnlocker(
  key: Bytes,
  context: UnlockerContext,
  secret: UnlockerSecret,
  random: Random = systemRandom,
): Promise<Bytes> {
  const nonce = random(NONCE);
  const plain = encode(unlockerSecret, secret);
  const ciphertext = await aeadSeal({ key, nonce, aad: encode(unlockerContext, context) }, plain);
  erase(plain);
  return encode(unlockerBlob, { ...context, nonce, ciphertext });
}

/** Whose unlocker, and which: every key of an unlocker is derived for the two. */
export type Owner = { readonly person: Bytes; readonly unlocker: Bytes };

export type OpenUnlocker = { readonly context: UnlockerContext; readonly secret: UnlockerSecret };

/** Refuses with `wrong_secret` under a wrong password: the key does not open the blob. */
export async function openUnlocker(key: Bytes, blob: Bytes, person: Bytes): Promise<OpenUnlocker> {
  const { nonce, ciphertext, ...context } = decode(unlockerBlob, blob);
  insist(equal(context.person, person), 'wrong_identity', 'the unlocker of another person');
  const plain = await aeadOpen({ key, nonce, aad: encode(unlockerContext, context) }, ciphertext);
  const secret = decode(unlockerSecret, plain);
  erase(plain);
  return { context, secret };
}

/** Whom AK is wrapped for: an entry of the list inside the vault, and nobody from anywhere else. */
export type WrapTarget = { readonly person: Bytes; readonly unlocker: Bytes; readonly seal: Bytes };

/** Returns a `signed` ak-wrap. For the vault that is being made; later use `wrapForVault`. */
export async function wrapAccountKey(
  { ak, akGeneration }: AccountKey,
  { person, unlocker, seal }: WrapTarget,
  identity: Signer,
  encapsulation: Encapsulation = {},
): Promise<Bytes> {
  const context = { person, unlocker, akGeneration };
  const sealed = await hpkeSeal(seal, hpkeInfo(wrapContext, context), ak, encapsulation);
  return sign(akWrap, { ...context, sealed }, { kind: 'identity', id: person, by: identity });
}

/**
 * Wraps an AK to every unlocker that an opened vault lists, in its order. A list from anywhere but the vault could hold a key
 * of somebody else's.
 */
export async function wrapForVault(account: AccountKey, { vault }: OpenVault, identity: Signer): Promise<Bytes[]> {
  const wraps: Bytes[] = [];
  for (const { unlocker, seal } of vault.unlockers) {
    wraps.push(await wrapAccountKey(account, { person: vault.person, unlocker, seal }, identity));
  }
  return wraps;
}

/** `atLeast` is the newest generation of AK that this client knows of. */
export async function unwrapAccountKey(
  wrap: Bytes,
  { context: own, secret }: OpenUnlocker,
  atLeast = 0,
): Promise<AccountKey> {
  const entry = unpack(akWrap, wrap);
  const { sealed, ...context } = entry.value;
  const { person, unlocker, akGeneration } = context;
  const mine = equal(person, own.person) && equal(unlocker, own.unlocker);
  insist(mine, 'wrong_identity', 'the wrap of another person or unlocker');
  await verifyExactly(akWrap, entry, [{ kind: 'identity', id: person, keys: [secret.identity] }]);
  insist(akGeneration >= atLeast, 'rolled_back', 'an older account key than the known one');
  const ak = await hpkeOpen(secret.seed, hpkeInfo(wrapContext, context), sealed);
  return { ak, akGeneration };
}
