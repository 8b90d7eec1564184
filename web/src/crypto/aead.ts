/** AES-256-GCM with a 96-bit nonce (docs/protocol.md, section 1). Every key here is used for one nonce, or the nonce is random. */

import type { Bytes } from './bytes.ts';
import { Refusal } from './refusal.ts';

export const NONCE = 12;
export const TAG = 16;

export type Sealing = { key: Bytes; nonce: Bytes; aad: Bytes };

export async function aeadSeal({ key, nonce, aad }: Sealing, plaintext: Bytes): Promise<Bytes> {
  const handle = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  return new Uint8Array(
    await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, handle, plaintext),
  );
}

/** Refuses with `wrong_secret` when it does not open. */
export async function aeadOpen({ key, nonce, aad }: Sealing, ciphertext: Bytes): Promise<Bytes> {
  const handle = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, handle, ciphertext),
    );
  } catch {
    throw new Refusal('wrong_secret', 'does not open under this key');
  }
}

/** Splits 44 derived bytes into key and nonce. */
export function keyAndNonce(derived: Bytes): { key: Bytes; nonce: Bytes } {
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32, 44) };
}
