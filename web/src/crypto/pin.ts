/**
 * From a PIN to what the server compares and to what opens the unlocker (docs/protocol.md, section 5.6). A PIN is short whatever is done
 * to it: what protects it is a key that stays in this browser and a server that counts the tries.
 */

import { argon2id } from 'hash-wasm';
import { type Bytes, concat, erase } from './bytes.ts';
import { kdf } from './domain.ts';
import { insist } from './refusal.ts';
import type { Owner } from './unlocker.ts';

export const PIN_LEAST = 6;
export const PIN_MOST = 12;
const MEMORY = 19456;
const PASSES = 2;

/** Structured-cloneable, so that it can be stored; the browser does not give it out. */
export function newLocalKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
}

/** t, from ASCII digits. The caller erases them and the result. */
export async function stretchPin(digits: Bytes, device: Bytes, localKey: CryptoKey): Promise<Bytes> {
  const right = digits.length >= PIN_LEAST && digits.length <= PIN_MOST;
  insist(right, 'weak_parameters', 'a PIN has 6 to 12 digits');
  const only = digits.every((digit) => digit >= 0x30 && digit <= 0x39);
  insist(only, 'weak_parameters', 'a PIN has digits only');
  const stretched = await argon2id({
    password: digits,
    salt: device,
    parallelism: 1,
    iterations: PASSES,
    memorySize: MEMORY,
    hashLength: 32,
    outputType: 'binary',
  });
  try {
    return new Uint8Array(await crypto.subtle.sign('HMAC', localKey, new Uint8Array(stretched)));
  } finally {
    erase(stretched);
  }
}

/** What the server is shown. */
export function pinVerifier(stretched: Bytes, { person, unlocker }: Owner): Promise<Bytes> {
  return kdf(stretched, { label: 'pin-verify', context: concat(person, unlocker), length: 32 });
}

/** What opens the unlocker. The server gives the share for the right verifier only. */
export async function pinWrapKey(stretched: Bytes, share: Bytes, { person, unlocker }: Owner): Promise<Bytes> {
  insist(share.length === 32, 'malformed', 'the share of a PIN has 32 bytes');
  const secret = concat(stretched, share);
  const key = await kdf(secret, { label: 'pin-wrap', context: concat(person, unlocker), length: 32 });
  erase(secret);
  return key;
}
