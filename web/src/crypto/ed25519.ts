/**
 * Strict Ed25519 (docs/protocol.md, section 1.2).
 *
 * Verifiers disagree about malformed keys and signatures: some accept a universal signature under a small-order key, some
 * accept torsion. What they could disagree about is refused here first; the rest is left to the platform, which verifies
 * without the cofactor. All of this is public data, so nothing needs constant time.
 */

import { type Bytes, fromHex, hex } from './bytes.ts';
import { Refusal } from './refusal.ts';

/** 2^255 − 19, little-endian. */
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
/** The order of the group: 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** The y coordinates of the eight points of small order, sign bit cleared: orders 4, 1, 2, 8, 8. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex);

export async function verifyEd25519(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) {
    return false;
  }
  if (!isStrictPoint(publicKey) || !isStrictPoint(signature.subarray(0, 32))) {
    return false;
  }
  if (!isBelow(signature.subarray(32), GROUP)) {
    return false;
  }
  try {
    const key = await imported(publicKey);
    return await crypto.subtle.verify('Ed25519', key, signature, message);
  } catch {
    return false; // some platforms refuse a point that is not on the curve at import
  }
}

/** Public keys as the platform holds them: a thread's log has hundreds of signatures by the same few people. */
const keys = new Map<string, Promise<CryptoKey>>();
const keysKept = 512;

function imported(publicKey: Bytes): Promise<CryptoKey> {
  const name = hex(publicKey);
  const known = keys.get(name);
  if (known) return known;
  if (keys.size >= keysKept) keys.clear();
  const key = crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  keys.set(name, key);
  return key;
}

/** Refuses with `bad_signature`. */
export async function mustVerify(publicKey: Bytes, signature: Bytes, message: Bytes, what: string): Promise<void> {
  if (!(await verifyEd25519(publicKey, signature, message))) {
    throw new Refusal('bad_signature', what);
  }
}

/** Canonical, and not of small order in any encoding. */
export function isStrictPoint(encoded: Uint8Array): boolean {
  const y = encoded.slice();
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, FIELD) && !SMALL_ORDER.some((point) => point.every((byte, i) => byte === y[i]));
}

/** Compares little-endian numbers of 32 bytes. */
function isBelow(value: Uint8Array, limit: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (value[i] ?? 0) - (limit[i] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
