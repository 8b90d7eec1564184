/**
 * Layouts as data (docs/protocol.md, section 2): `object(0x0350, 'header', { thread: bytes(32), epoch: u32, … })`.
 *
 * The same data drives encoding and decoding (codec.ts) and the text of the documentation (describe.ts), and
 * `Infer<typeof header>` is its TypeScript type. Integers are numbers: u64 and time are below 2^53, in both implementations.
 */

import type { Bytes } from './bytes.ts';

export type Shape =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'time' | 'flag' }
  | { readonly kind: 'bytes'; readonly size: number }
  | { readonly kind: 'blob' | 'text'; readonly max: number }
  | { readonly kind: 'enum'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'optional'; readonly fields: Fields }
  | { readonly kind: 'list'; readonly max: number; readonly by: readonly string[]; readonly fields: Fields }
  | { readonly kind: 'seq'; readonly max: number; readonly fields: Fields };

/** A field that holds a T. `holds` exists for the type checker only. */
export type Field<T> = Shape & { readonly holds?: { readonly value: T } };
export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValueOf<F> = F extends { readonly holds?: { readonly value: infer T } } ? T : never;
export type Values<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

export type Layout<F extends Fields = Fields> = {
  readonly type: number;
  readonly name: string;
  readonly fields: F;
};
export type Infer<L> = L extends Layout<infer F> ? Values<F> : never;

export const u8: Field<number> = { kind: 'u8' };
export const u16: Field<number> = { kind: 'u16' };
export const u32: Field<number> = { kind: 'u32' };
export const u64: Field<number> = { kind: 'u64' };
/** Milliseconds since 1970 UTC. */
export const time: Field<number> = { kind: 'time' };
export const flag: Field<boolean> = { kind: 'flag' };

/** Exactly `size` bytes. */
export function bytes(size: number): Field<Bytes> {
  return { kind: 'bytes', size };
}

/** At most `max` bytes. */
export function blob(max: number): Field<Bytes> {
  return { kind: 'blob', max };
}

/** At most `max` bytes of UTF-8. Whoever writes a text normalises it first: see `nfc`. */
export function text(max: number): Field<string> {
  return { kind: 'text', max };
}

export function oneOf<const V extends Readonly<Record<string, number>>>(values: V): Field<keyof V & string> {
  return { kind: 'enum', values };
}

export function optional<F extends Fields>(fields: F): Field<Values<F> | null> {
  return { kind: 'optional', fields };
}

/** Strictly ascending by the concatenated encodings of the fields `by`. */
export function list<F extends Fields>(
  max: number,
  by: readonly (keyof F & string)[],
  fields: F,
): Field<readonly Values<F>[]> {
  return { kind: 'list', max, by, fields };
}

/** In the writer's order. */
export function seq<F extends Fields>(max: number, fields: F): Field<readonly Values<F>[]> {
  return { kind: 'seq', max, fields };
}

export function object<F extends Fields>(type: number, name: string, fields: F): Layout<F> {
  return { type, name, fields };
}

/** What the writer of a text applies, once; nobody normalises again. */
export function nfc(text: string): string {
  return text.normalize('NFC');
}
