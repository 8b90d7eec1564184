/**
 * The encoding of everything that is signed, hashed, sealed or stored (docs/protocol.md, section 2).
 *
 * Invariants:
 * - Every value has one encoding; `decode` accepts no other, and `encode(layout, decode(layout, x))` equals x.
 * - `decode` throws `Refusal` and nothing else, whatever the input.
 */

import type { Bytes } from './bytes.ts';
import type { Fields, Layout, Values } from './layout.ts';
import { Reader, readFields } from './reader.ts';
import { insist } from './refusal.ts';
import { Writer, writeFields } from './writer.ts';

export const MAX_OBJECT = 1 << 20;
export const SUITE = 0x01;
const MAGIC = [0x57, 0x41, 0x52, 0x44]; // WARD
const PREFIX = 7;

export function encode<F extends Fields>(layout: Layout<F>, value: Values<F>): Bytes {
  const writer = new Writer();
  for (const letter of MAGIC) {
    writer.integer(letter, 1);
  }
  writer.integer(SUITE, 1);
  writer.integer(layout.type, 2);
  writeFields(writer, layout.name, layout.fields, value);
  insist(writer.length <= MAX_OBJECT, 'malformed', `${layout.name}: over 1 MiB`);
  return writer.finish();
}

export function decode<F extends Fields>(layout: Layout<F>, input: Uint8Array): Values<F> {
  insist(input.length <= MAX_OBJECT, 'malformed', `${layout.name}: over 1 MiB`);
  const reader = new Reader(input, layout.name);
  for (const letter of MAGIC) {
    insist(reader.integer(1) === letter, 'malformed', `${layout.name}: not a Wardline object`);
  }
  insist(reader.integer(1) === SUITE, 'unsupported_suite', layout.name);
  insist(reader.integer(2) === layout.type, 'malformed', `${layout.name}: another type`);
  const value = readFields(reader, layout.fields).value;
  insist(reader.remaining() === 0, 'malformed', `${layout.name}: trailing bytes`);
  return value as Values<F>;
}

/** The type number of an object, for choosing its layout; `undefined` when there is none to read. */
export function typeOf(input: Uint8Array): number | undefined {
  if (input.length < PREFIX || MAGIC.some((letter, i) => input[i] !== letter)) {
    return undefined;
  }
  return ((input[5] ?? 0) << 8) | (input[6] ?? 0);
}
