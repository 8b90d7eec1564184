/** Repeatable bytes for vectors and tests. Nothing secret ever comes from here. */

import { type Bytes, bytesOf, utf8 } from '../bytes.ts';
import type { Random } from '../domain.ts';

/** A stream of bytes that its name alone determines (xorshift over a hash of the name). */
export function repeatable(name: string): Random {
  let state = 0x811c9dc5;
  for (const byte of utf8(name)) {
    state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  }
  state = state || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (Math.imul(state, 0x9e3779b1) >>> 24) & 0xff;
  };
  return (length) => {
    const bytes: Bytes = bytesOf(length);
    for (let i = 0; i < length; i++) {
      bytes[i] = next();
    }
    return bytes;
  };
}

/** A whole number below `limit`. */
export function below(random: Random, limit: number): number {
  return new DataView(random(4).buffer).getUint32(0) % limit;
}
