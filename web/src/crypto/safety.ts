/** Safety words: what two people compare to be sure of each other's identity keys (docs/protocol.md, section 11.5). */

import { type Bytes, order, utf8 } from './bytes.ts';
import { safetyList } from './safety-list.ts';

const ROUNDS = 131072;
const LENGTH = 6;
const BITS = 10;

/** The words of one identity, H(identity-key). */
export async function safetyWords(identity: Bytes): Promise<string[]> {
  const key = await crypto.subtle.importKey('raw', identity, 'PBKDF2', false, ['deriveBits']);
  const salt = utf8('wardline/v1/safety-words\0');
  const derived = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS },
    key,
    64,
  );
  const bits = new DataView(derived).getBigUint64(0);
  return Array.from({ length: LENGTH }, (_, n) => {
    const index = Number((bits >> BigInt(64 - BITS * (n + 1))) & 1023n);
    return safetyList[index] ?? '';
  });
}

/** The same on both sides: the smaller hash's words come first. */
export async function safetyPair(one: Bytes, other: Bytes): Promise<[string[], string[]]> {
  const [first, second] = order(one, other) <= 0 ? [one, other] : [other, one];
  return [await safetyWords(first), await safetyWords(second)];
}
