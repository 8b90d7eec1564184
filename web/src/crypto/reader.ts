/** The decoding half of codec.ts: every length is checked before anything is allocated, and byte fields are copied out. */

import { type Bytes, bytesOf, concat, order } from './bytes.ts';
import type { Fields, Shape } from './layout.ts';
import { Refusal, insist } from './refusal.ts';

export class Reader {
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
        insist(value <= BigInt(Number.MAX_SAFE_INTEGER), 'malformed', `${this.#name}: an integer of 2^53 or more`);
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

export function readFields(
  reader: Reader,
  fields: Fields,
  by: readonly string[] = [],
): { value: object; key: Uint8Array } {
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
