/**
 * The encoding of everything that is signed, hashed, sealed or stored (docs/protocol.md, section 2).
 *
 * A layout is data: `object(0x0350, 'header', { thread: bytes(32), epoch: u32, … })`. The same data drives `encode`,
 * `decode` and the text of the documentation (describe.ts), and `Infer<typeof header>` is its TypeScript type.
 *
 * Invariants:
 * - Every value has one encoding; `decode` accepts no other, and `encode(layout, decode(layout, x))` equals x.
 * - `decode` throws `Refusal` and nothing else, whatever the input, and checks every length before it allocates.
 * - Integers are numbers: u64 and time are below 2^53, in both implementations.
 * - Decoded byte fields are copies, so erasing one does not touch the input.
 */

import { type Bytes, bytesOf, concat, order } from './bytes.ts';
import { Refusal, require } from './refusal.ts';

export const MAX_OBJECT = 1 << 20;
export const SUITE = 0x01;
const MAGIC = [0x57, 0x41, 0x52, 0x44]; // WARD
const PREFIX = 7;

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

export function encode<F extends Fields>(layout: Layout<F>, value: Values<F>): Bytes {
  const writer = new Writer();
  for (const letter of MAGIC) {
    writer.integer(letter, 1);
  }
  writer.integer(SUITE, 1);
  writer.integer(layout.type, 2);
  writeFields(writer, layout.name, layout.fields, value);
  return writer.finish(layout.name);
}

export function decode<F extends Fields>(layout: Layout<F>, input: Uint8Array): Values<F> {
  require(input.length <= MAX_OBJECT, 'malformed', `${layout.name}: over 1 MiB`);
  const reader = new Reader(input, layout.name);
  for (const letter of MAGIC) {
    require(reader.integer(1) === letter, 'malformed', `${layout.name}: not a Wardline object`);
  }
  require(reader.integer(1) === SUITE, 'unsupported_suite', layout.name);
  require(reader.integer(2) === layout.type, 'malformed', `${layout.name}: another type`);
  const value = readFields(reader, layout.fields).value;
  require(reader.remaining() === 0, 'malformed', `${layout.name}: trailing bytes`);
  return value as Values<F>;
}

/** The type number of an object, for choosing its layout; `undefined` when there is none to read. */
export function typeOf(input: Uint8Array): number | undefined {
  if (input.length < PREFIX || MAGIC.some((letter, i) => input[i] !== letter)) {
    return undefined;
  }
  return ((input[5] ?? 0) << 8) | (input[6] ?? 0);
}

// Reading

class Reader {
  readonly #input: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  offset = 0;

  constructor(input: Uint8Array, name: string) {
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    this.#name = name;
  }

  remaining(): number {
    return this.#input.length - this.offset;
  }

  integer(width: 1 | 2 | 4 | 8): number {
    const at = this.#advance(width);
    switch (width) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at);
      case 4:
        return this.#view.getUint32(at);
      case 8: {
        const value = this.#view.getBigUint64(at);
        require(value <= BigInt(Number.MAX_SAFE_INTEGER), 'malformed', `${this.#name}: an integer of 2^53 or more`);
        return Number(value);
      }
    }
  }

  bytes(size: number): Bytes {
    const at = this.#advance(size);
    return new Uint8Array(this.#input.subarray(at, at + size));
  }

  since(start: number): Uint8Array {
    return this.#input.subarray(start, this.offset);
  }

  refuse(detail: string): Refusal {
    return new Refusal('malformed', `${this.#name}: ${detail}`);
  }

  #advance(size: number): number {
    const at = this.offset;
    if (size > this.#input.length - at) {
      throw this.refuse('truncated');
    }
    this.offset += size;
    return at;
  }
}

function readFields(reader: Reader, fields: Fields, by: readonly string[] = []): { value: object; key: Uint8Array } {
  const value: Record<string, unknown> = {};
  const encodings: Record<string, Uint8Array> = {};
  for (const [name, field] of Object.entries(fields)) {
    const start = reader.offset;
    value[name] = readField(reader, name, field);
    encodings[name] = reader.since(start);
  }
  return { value, key: concat(...by.map((name) => encodings[name] ?? bytesOf(0))) };
}

function readField(reader: Reader, name: string, field: Shape): unknown {
  switch (field.kind) {
    case 'u8':
      return reader.integer(1);
    case 'u16':
      return reader.integer(2);
    case 'u32':
      return reader.integer(4);
    case 'u64':
    case 'time':
      return reader.integer(8);
    case 'flag':
      return readFlag(reader, name);
    case 'bytes':
      return reader.bytes(field.size);
    case 'blob':
      return readBlob(reader, name, field.max);
    case 'text':
      return readText(reader, name, field.max);
    case 'enum': {
      const found = reader.integer(1);
      const word = Object.keys(field.values).find((key) => field.values[key] === found);
      if (word === undefined) {
        throw reader.refuse(`${name}: not one of its values`);
      }
      return word;
    }
    case 'optional':
      return readFlag(reader, name) ? readFields(reader, field.fields).value : null;
    case 'list':
    case 'seq':
      return readMany(reader, name, field);
  }
}

function readFlag(reader: Reader, name: string): boolean {
  const found = reader.integer(1);
  if (found > 1) {
    throw reader.refuse(`${name}: neither 0 nor 1`);
  }
  return found === 1;
}

function readBlob(reader: Reader, name: string, max: number): Bytes {
  const length = reader.integer(4);
  if (length > max) {
    throw reader.refuse(`${name}: longer than ${max}`);
  }
  return reader.bytes(length);
}

function readText(reader: Reader, name: string, max: number): string {
  const raw = readBlob(reader, name, max);
  let found: string;
  try {
    found = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw reader.refuse(`${name}: not UTF-8`);
  }
  if (found.includes('\u0000')) {
    throw reader.refuse(`${name}: holds U+0000`);
  }
  return found;
}

function readMany(reader: Reader, name: string, field: Extract<Shape, { kind: 'list' | 'seq' }>): unknown[] {
  const count = reader.integer(2);
  if (count > field.max) {
    throw reader.refuse(`${name}: more than ${field.max}`);
  }
  if (count * smallest(field.fields) > reader.remaining()) {
    throw reader.refuse(`${name}: truncated`);
  }
  const found: unknown[] = [];
  let previous: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const { value, key } = readFields(reader, field.fields, field.kind === 'list' ? field.by : []);
    if (field.kind === 'list') {
      if (previous !== undefined && order(previous, key) >= 0) {
        throw reader.refuse(`${name}: not strictly ascending`);
      }
      previous = key;
    }
    found.push(value);
  }
  return found;
}

const FIXED = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  time: 8,
  flag: 1,
  enum: 1,
  blob: 4,
  text: 4,
  optional: 1,
  list: 2,
  seq: 2,
};

/** The fewest bytes that one element can take: what a count must be able to pay for. */
function smallest(fields: Fields): number {
  return Object.values(fields).reduce(
    (sum, field) => sum + (field.kind === 'bytes' ? field.size : FIXED[field.kind]),
    0,
  );
}

// Writing

class Writer {
  #buffer = bytesOf(1024);
  #length = 0;

  integer(value: number, width: 1 | 2 | 4 | 8): void {
    const view = new DataView(this.#buffer.buffer, this.#reserve(width), width);
    switch (width) {
      case 1:
        view.setUint8(0, value);
        break;
      case 2:
        view.setUint16(0, value);
        break;
      case 4:
        view.setUint32(0, value);
        break;
      case 8:
        view.setBigUint64(0, BigInt(value));
        break;
    }
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  get length(): number {
    return this.#length;
  }

  since(start: number): Bytes {
    return this.#buffer.slice(start, this.#length);
  }

  finish(name: string): Bytes {
    require(this.#length <= MAX_OBJECT, 'malformed', `${name}: over 1 MiB`);
    const done = this.#buffer.slice(0, this.#length);
    this.#buffer.fill(0);
    return done;
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const larger = bytesOf(Math.max(this.#length, 2 * this.#buffer.length));
      larger.set(this.#buffer);
      this.#buffer.fill(0); // it may have held a seed
      this.#buffer = larger;
    }
    return at;
  }
}

function writeFields(writer: Writer, path: string, fields: Fields, value: unknown, by: readonly string[] = []): Bytes {
  require(typeof value === 'object' && value !== null, 'malformed', `${path}: missing`);
  const encodings: Record<string, Bytes> = {};
  for (const [name, field] of Object.entries(fields)) {
    const start = writer.length;
    writeField(writer, `${path}.${name}`, field, (value as Record<string, unknown>)[name]);
    if (by.includes(name)) {
      encodings[name] = writer.since(start);
    }
  }
  return concat(...by.map((name) => encodings[name] ?? bytesOf(0)));
}

function writeField(writer: Writer, path: string, field: Shape, value: unknown): void {
  switch (field.kind) {
    case 'u8':
      return writer.integer(whole(path, value, 0xff), 1);
    case 'u16':
      return writer.integer(whole(path, value, 0xffff), 2);
    case 'u32':
      return writer.integer(whole(path, value, 0xffff_ffff), 4);
    case 'u64':
    case 'time':
      return writer.integer(whole(path, value, Number.MAX_SAFE_INTEGER), 8);
    case 'flag':
      require(typeof value === 'boolean', 'malformed', `${path}: not a flag`);
      return writer.integer(value ? 1 : 0, 1);
    case 'bytes':
      require(value instanceof Uint8Array &&
        value.length === field.size, 'malformed', `${path}: not ${field.size} bytes`);
      return writer.bytes(value);
    case 'blob':
      require(value instanceof Uint8Array &&
        value.length <= field.max, 'malformed', `${path}: over ${field.max} bytes`);
      writer.integer(value.length, 4);
      return writer.bytes(value);
    case 'text':
      return writeText(writer, path, field.max, value);
    case 'enum': {
      const number = typeof value === 'string' && Object.hasOwn(field.values, value) ? field.values[value] : undefined;
      require(number !== undefined, 'malformed', `${path}: not one of its values`);
      return writer.integer(number, 1);
    }
    case 'optional':
      writer.integer(value === null ? 0 : 1, 1);
      if (value !== null) {
        writeFields(writer, path, field.fields, value);
      }
      return;
    case 'list':
    case 'seq':
      return writeMany(writer, path, field, value);
  }
}

function whole(path: string, value: unknown, max: number): number {
  require(typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= 0 &&
    value <= max, 'malformed', `${path}: not a whole number up to ${max}`);
  return value;
}

function writeText(writer: Writer, path: string, max: number, value: unknown): void {
  require(typeof value === 'string' && value.length <= max, 'malformed', `${path}: over ${max} bytes`);
  require(!/[\p{Surrogate}\u0000]/u.test(value), 'malformed', `${path}: a lone surrogate or U+0000`);
  const raw = new TextEncoder().encode(value);
  require(raw.length <= max, 'malformed', `${path}: over ${max} bytes`);
  writer.integer(raw.length, 4);
  writer.bytes(raw);
}

function writeMany(
  writer: Writer,
  path: string,
  field: Extract<Shape, { kind: 'list' | 'seq' }>,
  value: unknown,
): void {
  require(Array.isArray(value) && value.length <= field.max, 'malformed', `${path}: more than ${field.max}`);
  writer.integer(value.length, 2);
  let previous: Bytes | undefined;
  for (const element of value) {
    const key = writeFields(writer, path, field.fields, element, field.kind === 'list' ? field.by : []);
    if (field.kind === 'list') {
      require(previous === undefined || order(previous, key) < 0, 'malformed', `${path}: not strictly ascending`);
      previous = key;
    }
  }
}
