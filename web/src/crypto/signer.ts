/**
 * Who can sign: a device, whose key the browser never gives out, and an identity, whose seed is opened from its sealed form
 * for a moment and erased (docs/protocol.md, sections 5.1 and 5.2).
 */

import { type Bytes, concat, erase, fromHex, utf8 } from './bytes.ts';
import { verifyEd25519 } from './ed25519.ts';
import { insist } from './refusal.ts';

export interface Signer {
  readonly publicKey: Bytes;
  sign(message: Bytes): Promise<Bytes>;
}

/** A device's key. Structured-cloneable, so that it can be stored; the private part cannot be exported. */
export type DeviceKey = { readonly publicKey: Bytes; readonly privateKey: CryptoKey };

export async function newDeviceKey(): Promise<DeviceKey> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { publicKey, privateKey: pair.privateKey };
}

export function deviceSigner({ publicKey, privateKey }: DeviceKey): Signer {
  return { publicKey, sign: (message) => signWith(privateKey, message) };
}

/** RFC 8410: everything of a PKCS #8 Ed25519 key before its seed. */
const PKCS8 = fromHex('302e020100300506032b657004220420');

/**
 * Signs with a seed whose public key is known, and refuses with `wrong_identity` when the two do not belong together.
 * The caller erases the seed afterwards; the signer keeps only a key that cannot be exported.
 */
export async function seedSigner(seed: Bytes, publicKey: Bytes): Promise<Signer> {
  const key = await importSeed(seed, false);
  const probe = utf8('wardline: does this seed belong to this key');
  const fits = await verifyEd25519(publicKey, await signWith(key, probe), probe);
  insist(fits, 'wrong_identity', 'the seed does not belong to this key');
  return { publicKey, sign: (message) => signWith(key, message) };
}

/**
 * The public key of a new seed. WebCrypto gives it only inside an exported key, of which a copy stays in memory until it is
 * collected: call this once, when the seed is made, and keep the public key.
 */
export async function publicKeyOfSeed(seed: Bytes): Promise<Bytes> {
  const exported = await crypto.subtle.exportKey('jwk', await importSeed(seed, true));
  const text = atob((exported.x ?? '').replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function importSeed(seed: Bytes, extractable: boolean): Promise<CryptoKey> {
  const wrapped = concat(PKCS8, seed);
  try {
    return await crypto.subtle.importKey('pkcs8', wrapped, 'Ed25519', extractable, ['sign']);
  } finally {
    erase(wrapped);
  }
}

async function signWith(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
}
