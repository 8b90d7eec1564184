/**
 * Shamir's scheme over GF(2^8) modulo 0x11b, byte by byte (docs/protocol.md, section 7.4).
 *
 * Invariant: no branch and no index depends on a secret. The seats (x) are public, the shares and the secret are not.
 */

import { type Bytes, bytesOf } from './bytes.ts';
import { insist } from './refusal.ts';

export type Share = { readonly seat: number; readonly share: Bytes };

/** The share of one seat: secret + c_1·x + … + c_{k−1}·x^{k−1}, with `coefficients` = c_1 ‖ … ‖ c_{k−1}. */
export function shareOf(secret: Bytes, coefficients: Bytes, seat: number): Bytes {
  const size = secret.length;
  const share = bytesOf(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let at = coefficients.length - size + i; at >= 0; at -= size) {
      sum = multiply(sum ^ (coefficients[at] ?? 0), seat);
    }
    share[i] = sum ^ (secret[i] ?? 0);
  }
  return share;
}

/** Interpolates at 0 over distinct seats. With fewer shares than the threshold the result is noise. */
export function combineShares(shares: readonly Share[]): Bytes {
  const [first] = shares;
  const seats = new Set(shares.map(({ seat }) => seat));
  insist(first !== undefined && seats.size === shares.length && !seats.has(0), 'wrong_share', 'seats are not distinct');
  const size = first.share.length;
  insist(
    shares.every(({ share }) => share.length === size),
    'wrong_share',
    'shares differ in length',
  );
  const secret = bytesOf(size);
  for (const { seat, share } of shares) {
    let weight = 1;
    for (const other of seats) {
      if (other !== seat) {
        weight = multiply(weight, multiply(other, inverse(other ^ seat)));
      }
    }
    for (let i = 0; i < size; i++) {
      secret[i] = (secret[i] ?? 0) ^ multiply(share[i] ?? 0, weight);
    }
  }
  return secret;
}

/** Multiplies in GF(2^8)/0x11b, in constant time. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let power = a;
  for (let bit = 0; bit < 8; bit++) {
    product ^= power & -((b >> bit) & 1);
    power = ((power << 1) ^ (0x11b & -((power >> 7) & 1))) & 0xff;
  }
  return product;
}

/** a^254, which is 1/a for every a but 0. */
function inverse(a: number): number {
  let result = 1;
  let power = a;
  for (let bit = 1; bit < 8; bit++) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}
