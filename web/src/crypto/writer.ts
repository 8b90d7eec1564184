/** The encoding half of codec.ts: refuses what `decode` would refuse, and erases its buffers, which may have held a seed. */

import { type Bytes, bytesOf, concat, order } from './bytes.ts';
import type { Fields, Shape } from './layout.ts';
import { insist } from './refusal.ts';

export class Writer {
  #buffer = bytesOf(1024);
  #length = 0;

  integer(value: number, width: 1 | 2 | 4 | 8): void {
    const at = this.#reserve(width); // may replace the buffer
    const view = new DataView(this.#buffer.buffer, at, width);
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

  finish(): Bytes {
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

export function writeFields(
  writer: Writer,
  path: string,
  fields: Fields,
  value: unknown,
  by: readonly string[] = [],
): Bytes {
  insist(typeof value === 'object' && value !== null, 'malformed', `${path}: missing`);
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
      writer.integer(whole(path, value, 0xff), 1);
      return;
    case 'u16':
      writer.integer(whole(path, value, 0xffff), 2);
      return;
    case 'u32':
      writer.integer(whole(path, value, 0xffff_ffff), 4);
      return;
    case 'u64':
    case 'time':
      writer.integer(whole(path, value, Number.MAX_SAFE_INTEGER), 8);
      return;
    case 'flag':
      insist(typeof value === 'boolean', 'malformed', `${path}: not a flag`);
      writer.integer(value ? 1 : 0, 1);
      return;
    case 'bytes':
      insist(
        value instanceof Uint8Array && value.length === field.size,
        'malformed',
        `${path}: not ${field.size} bytes`,
      );
      writer.bytes(value);
      return;
    case 'blob':
      insist(value instanceof Uint8Array && value.length <= field.max, 'malformed', `${path}: over ${field.max} bytes`);
      writer.integer(value.length, 4);
      writer.bytes(value);
      return;
    case 'text':
      writeText(writer, path, field.max, value);
      return;
    case 'enum': {
      const number = typeof value === 'string' && Object.hasOwn(field.values, value) ? field.values[value] : undefined;
      insist(number !== undefined, 'malformed', `${path}: not one of its values`);
      writer.integer(number, 1);
      return;
    }
    case 'optional':
      writer.integer(value === null ? 0 : 1, 1);
      if (value !== null) {
        writeFields(writer, path, field.fields, value);
      }
      return;
    case 'list':
    case 'seq':
      writeMany(writer, path, field, value);
      return;
  }
}

function whole(path: string, value: unknown, max: number): number {
  insist(
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max,
    'malformed',
    `${path}: not a whole number up to ${max}`,
  );
  return value;
}

function writeText(writer: Writer, path: string, max: number, value: unknown): void {
  insist(typeof value === 'string' && value.length <= max, 'malformed', `${path}: over ${max} bytes`);
  insist(!/[\p{Surrogate}\u0000]/u.test(value), 'malformed', `${path}: a lone surrogate or U+0000`);
  const raw = new TextEncoder().encode(value);
  insist(raw.length <= max, 'malformed', `${path}: over ${max} bytes`);
  writer.integer(raw.length, 4);
  writer.bytes(raw);
}

function writeMany(
  writer: Writer,
  path: string,
  field: Extract<Shape, { kind: 'list' | 'seq' }>,
  value: unknown,
): void {
  insist(Array.isArray(value) && value.length <= field.max, 'malformed', `${path}: more than ${field.max}`);
  writer.integer(value.length, 2);
  let previous: Bytes | undefined;
  for (const element of value) {
    const key = writeFields(writer, path, field.fields, element, field.kind === 'list' ? field.by : []);
    if (field.kind === 'list') {
      insist(previous === undefined || order(previous, key) < 0, 'malformed', `${path}: not strictly ascending`);
      previous = key;
    }
  }
}
