/**
 * Field values as the JSON of the shared vectors: small integers as numbers, u64 and time as decimal text, bytes as hex, an
 * enumeration by its word, an optional as null or its fields, lists as arrays.
 */

import { fromHex, hex } from '../bytes.ts';
import type { Fields, Layout, Shape, Values } from '../layout.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export function toJson(fields: Fields, value: object): Json {
  const named = value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldToJson(field, named[name])]));
}

export function fromJson<F extends Fields>(layout: Layout<F>, json: Json): Values<F> {
  return fieldsFromJson(layout.fields, json) as Values<F>;
}

function fieldToJson(field: Shape, value: unknown): Json {
  switch (field.kind) {
    case 'u64':
    case 'time':
      return String(value);
    case 'bytes':
    case 'blob':
      return hex(value as Uint8Array);
    case 'optional':
      return value === null ? null : toJson(field.fields, value as object);
    case 'list':
    case 'seq':
      return (value as object[]).map((element) => toJson(field.fields, element));
    default:
      return value as Json;
  }
}

function fieldsFromJson(fields: Fields, json: Json): object {
  const named = json as Record<string, Json>;
  const names = Object.keys(fields);
  if (Object.keys(named).some((name) => !names.includes(name))) {
    throw new TypeError('a vector has a field that the layout has not');
  }
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldFromJson(field, named[name])]));
}

function fieldFromJson(field: Shape, json: Json | undefined): unknown {
  if (json === undefined) {
    throw new TypeError('a vector lacks a field');
  }
  switch (field.kind) {
    case 'u64':
    case 'time':
      return Number(json);
    case 'bytes':
    case 'blob':
      return fromHex(json as string);
    case 'optional':
      return json === null ? null : fieldsFromJson(field.fields, json);
    case 'list':
    case 'seq':
      return (json as readonly Json[]).map((element) => fieldsFromJson(field.fields, element));
    default:
      return json;
  }
}
