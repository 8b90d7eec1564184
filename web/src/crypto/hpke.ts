/**
 * Sealing to a person, an unlocker, a seat or a case: HPKE base mode with X-Wing, HKDF-SHA256 and AES-256-GCM
 * (docs/protocol.md, section 1).
 *
 * Invariants:
 * - A private key is its 32-byte seed and is loaded as it stands. `deriveKeyPair` is never called: implementations disagree.
 * - One context seals once: there is no way to reach a context from outside. AAD is empty, everything is bound by info.
 */

import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { type Bytes, concat, erase } from './bytes.ts';
import { Refusal } from './refusal.ts';

export const SEED = 32;
export const PUBLIC_KEY = 1216;
const ENCAPSULATION = 1120;
const TAG = 16;

/** The randomness of one encapsulation. Only vectors give it; elsewhere the library draws its own. */
export type Encapsulation = { readonly ekm?: Bytes };

const kem = new XWing();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

export async function sealPublicKey(seed: Bytes): Promise<Bytes> {
  const copy = seed.slice(); // the library keeps the whole buffer behind a view
  const pair = await kem.generateKeyPairDerand(copy);
  const publicKey = new Uint8Array(await kem.serializePublicKey(pair.publicKey));
  erase(copy);
  return publicKey;
}

/** `enc ‖ ciphertext` */
export async function hpkeSeal(
  publicKey: Bytes,
  info: Bytes,
  plaintext: Bytes,
  { ekm }: Encapsulation = {},
): Promise<Bytes> {
  try {
    const recipientPublicKey = await kem.deserializePublicKey(publicKey.slice().buffer);
    const context = await suite.createSenderContext({
      recipientPublicKey,
      info,
      ...(ekm && { ekm: ekm.slice().buffer }),
    });
    const ciphertext = await context.seal(plaintext);
    return concat(new Uint8Array(context.enc), new Uint8Array(ciphertext));
  } catch {
    throw new Refusal('malformed', 'not a key that can be sealed to');
  }
}

/** Refuses with `wrong_secret` when it does not open under this seed and info. */
export async function hpkeOpen(seed: Bytes, info: Bytes, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < ENCAPSULATION + TAG) {
    throw new Refusal('malformed', 'too short for a sealed secret');
  }
  const copy = seed.slice();
  try {
    const recipientKey = await kem.deserializePrivateKey(copy.buffer);
    const context = await suite.createRecipientContext({
      recipientKey,
      info,
      enc: sealed.slice(0, ENCAPSULATION).buffer,
    });
    return new Uint8Array(await context.open(sealed.slice(ENCAPSULATION)));
  } catch {
    throw new Refusal('wrong_secret', 'does not open with this key');
  } finally {
    erase(copy);
  }
}
