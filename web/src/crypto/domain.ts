/**
 * Domain separation (docs/protocol.md, section 1.1): every hash, signature, derivation and HPKE info starts with
 * `wardline/v1/` and the name of what it is for, so that bytes made for one purpose mean nothing for another.
 */

import { type Bytes, bytesOf, concat, utf8 } from './bytes.ts';
import { encode } from './codec.ts';
import type { Fields, Layout, Values } from './layout.ts';

/** `"wardline/v1/" ‖ name ‖ 0x00`. To be read and not written to: it is made once for each of the few names. */
export function prefix(name: string): Bytes {
  const known = prefixes.get(name);
  if (known) return known;
  const made = utf8(`wardline/v1/${name}\u0000`);
  prefixes.set(name, made);
  return made;
}

const prefixes = new Map<string, Bytes>();

/** What a signature over an object covers. */
export function signedInput(layout: Layout, object: Bytes): Bytes {
  return concat(prefix(layout.name), object);
}

/** The HPKE info that a context object stands for. */
export function hpkeInfo<F extends Fields>(layout: Layout<F>, value: Values<F>): Bytes {
  return concat(prefix(layout.name), encode(layout, value));
}

/** H(object), over its bytes as they were received. */
export function hashObject(layout: Layout, object: Bytes): Promise<Bytes> {
  return hashLabel(layout.name, object);
}

/** H of an object that we write ourselves. */
export function hashValue<F extends Fields>(layout: Layout<F>, value: Values<F>): Promise<Bytes> {
  return hashLabel(layout.name, encode(layout, value));
}

/** H_label(bytes), for bytes that are not an object. */
export function hashLabel(label: string, bytes: Bytes): Promise<Bytes> {
  return sha256(concat(prefix(`${label}/hash`), bytes));
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export type Derivation = { label: string; length: number; salt?: Bytes; context?: Bytes };

/** KDF(secret, salt, label, context, length): HKDF-SHA256. */
export function kdf(secret: Bytes, { label, length, salt, context }: Derivation): Promise<Bytes> {
  return hkdf(secret, salt ?? bytesOf(0), concat(prefix(label), context ?? bytesOf(0)), length);
}

/** RFC 5869 without a prefix: use `kdf`. */
export async function hkdf(secret: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
}

export async function hmac(secret: Bytes, bytes: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes));
}

/** Randomness is injected, so that vectors can be made again; outside tests it is this. */
export type Random = (length: number) => Bytes;

export function systemRandom(length: number): Bytes {
  return crypto.getRandomValues(bytesOf(length));
}
