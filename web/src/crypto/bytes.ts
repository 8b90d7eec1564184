/**
 * Byte strings: the one type that crosses this package, and the few operations on it.
 *
 * Invariant: nothing here compares or indexes secrets in a way that depends on their value, except where the name says
 * `order`, which is for public data only.
 */

/** Backed by a plain ArrayBuffer, as WebCrypto wants it. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function bytesOf(length: number): Bytes {
  return new Uint8Array(length);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = bytesOf(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Runs in time that depends on the lengths alone. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  }
  return difference === 0;
}

export function isZero(a: Uint8Array): boolean {
  let all = 0;
  for (const byte of a) {
    all |= byte;
  }
  return all === 0;
}

/** Lexicographic order, shorter first among equals. For public data. */
export function order(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return a.length - b.length;
}

/** Big-endian. */
export function u32(value: number): Bytes {
  const out = bytesOf(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    out += HEX[byte] ?? '';
  }
  return out;
}

/** Reads what `hex` writes; for constants and test vectors, so a wrong character is a programming error. */
export function fromHex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(text)) {
    throw new TypeError('not lower-case hexadecimal');
  }
  const out = bytesOf(text.length / 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return out;
}

/** Overwrites secrets. JavaScript may have made other copies; this removes the one that we know of. */
export function erase(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) {
    secret?.fill(0);
  }
}
