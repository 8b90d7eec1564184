/** `wire.ts.json`: every layout encoded, and encodings that must be refused. */

import { type Bytes, concat, hex, order, u32, utf8 } from '../bytes.ts';
import { encode } from '../codec.ts';
import { hashObject } from '../domain.ts';
import type { Layout } from '../layout.ts';
import { every } from '../layouts/every.ts';
import { envelopeProof } from '../layouts/epoch.ts';
import { policy } from '../layouts/manifest.ts';
import { add, create } from '../layouts/membership.ts';
import { header } from '../layouts/message.ts';
import { type Json, toJson } from './json.ts';
import { repeatable } from './random.ts';
import { any, encodeAny, large, least } from './samples.ts';

export type WireVectors = {
  readonly objects: readonly { type: string; fields: Json; hex: string; hash: string }[];
  readonly refused: readonly { type: string; hex: string; why: string }[];
};

export async function wireVectors(): Promise<WireVectors> {
  const random = repeatable('wire');
  const objects = [];
  for (const layout of every) {
    for (const value of [least(layout.fields), large(layout.fields, random), any(layout.fields, random)]) {
      const bytes = encodeAny(layout, value);
      objects.push({
        type: layout.name,
        fields: toJson(layout.fields, value),
        hex: hex(bytes),
        hash: hex(await hashObject(layout, bytes)),
      });
    }
  }
  return { objects, refused: [...refusedEverywhere(), ...refusedFields()] };
}

type Refused = { type: string; hex: string; why: string };

function refusedEverywhere(): Refused[] {
  return every.flatMap((layout) => {
    const bytes = encodeAny(layout, large(layout.fields, repeatable(layout.name)));
    return [
      refused(layout, concat(bytes, Uint8Array.of(0)), 'trailing byte'),
      refused(layout, bytes.slice(0, -1), 'truncated'),
      refused(layout, bytes.slice(0, 6), 'truncated in the prefix'),
      refused(layout, changed(bytes, 0, 0x77), 'wrong magic'),
      refused(layout, changed(bytes, 4, 2), 'unknown suite'),
      refused(layout, changed(bytes, 5, (bytes[5] ?? 0) ^ 0x40), 'another type'),
    ];
  });
}

const PREFIX = 7;
const DEVICE_SEQ_AT = PREFIX + 32 + 4 + 32 + 16 + 16;
const TIME_AT = DEVICE_SEQ_AT + 8 + 32 + 8 + 32 + 16;
const HISTORY_AT = PREFIX + 32 + 4 + 32 + 16 + 16 + 8 + 16 + 32 + 1;

/** One fault for each rule of section 2 that a field can break. */
function refusedFields(): Refused[] {
  const name = 'abc';
  const head = encodeAny(header, least(header.fields));
  const founded = encodeAny(create, { ...least(create.fields), name });
  const nameAt = PREFIX + 1 + 16 + 16 + 32;
  const added = encodeAny(add, least(add.fields));
  const rules = encodeAny(policy, least(policy.fields));
  return [
    refused(header, changed(head, head.length - 1, 16), 'enumeration out of range'),
    refused(header, changed(head, head.length - 1, 0), 'enumeration zero'),
    refused(create, changed(founded, PREFIX, 7), 'enumeration out of range'),
    refused(create, withText(founded, nameAt, name, Uint8Array.of(0xc3, 0x28, 0x61)), 'invalid UTF-8'),
    refused(create, withText(founded, nameAt, name, Uint8Array.of(0xed, 0xa0, 0x80)), 'a surrogate in UTF-8'),
    refused(create, withText(founded, nameAt, name, Uint8Array.of(0xc1, 0xa1, 0x61)), 'overlong UTF-8'),
    refused(create, withText(founded, nameAt, name, Uint8Array.of(0x61, 0x00, 0x61)), 'U+0000 in a text'),
    refused(create, withText(founded, nameAt, name, utf8('x'.repeat(201))), 'a text above its maximum'),
    refused(create, changed(founded, nameAt, 0xff), 'a length beyond the end'),
    refused(header, changed(head, TIME_AT + 1, 0x20), 'a time of 2^53'),
    refused(header, changed(head, DEVICE_SEQ_AT + 1, 0x20), 'a u64 of 2^53'),
    refused(policy, changed(rules, PREFIX + 8, 0xff), 'a u64 above 2^53'),
    refused(add, changed(added, HISTORY_AT, 2), 'a flag that is neither 0 nor 1'),
    ...refusedLists(),
    ...refusedOptionals(),
  ];
}

function refusedLists(): Refused[] {
  const layouts = every.filter(({ fields }) => Object.values(fields).some(({ kind }) => kind === 'list'));
  const lists = layouts.flatMap((layout) => {
    const [bytes, sizes] = withTwoElements(layout);
    if (bytes === undefined || sizes === undefined) {
      return [];
    }
    const { start, size } = sizes;
    const first = bytes.slice(start, start + size);
    const second = bytes.slice(start + size, start + 2 * size);
    const [before, after] = [bytes.slice(0, start), bytes.slice(start + 2 * size)];
    return [
      refused(layout, concat(before, second, first, after), 'a list out of order'),
      refused(layout, concat(before, first, first, after), 'a list with an element twice'),
    ];
  });
  const proof = encode(envelopeProof, { index: 0, count: 1, path: [] });
  const tooMany = changed(proof, proof.length - 1, 17);
  return [
    ...lists,
    refused(envelopeProof, concat(tooMany, new Uint8Array(17 * 32)), 'more elements than the maximum'),
    refused(envelopeProof, changed(proof, proof.length - 1, 1), 'a count beyond the end'),
  ];
}

/** An encoding whose only list, the last field before fixed ones, has two elements of one size; and where they are. */
function withTwoElements(layout: Layout): [Bytes, { start: number; size: number }] | [] {
  const [name, field] = Object.entries(layout.fields).find(([, { kind }]) => kind === 'list') ?? [];
  if (name === undefined || field?.kind !== 'list') {
    return [];
  }
  const elements = [1, 2].map((byte) => filled(field.fields, byte));
  const value = least(layout.fields);
  const none = encodeAny(layout, value);
  const two = encodeAny(layout, { ...value, [name]: elements });
  const size = (two.length - none.length) / 2;
  const start = none.findIndex((byte, i) => byte !== two[i]) + 1;
  return order(two.slice(start, start + size), two.slice(start + size, start + 2 * size)) < 0
    ? [two, { start, size }]
    : [];
}

function filled(fields: Layout['fields'], byte: number): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]): [string, unknown] => {
      switch (field.kind) {
        case 'bytes':
          return [name, new Uint8Array(field.size).fill(byte)];
        case 'text':
          return [name, 'x'];
        case 'enum':
          return [name, Object.keys(field.values)[byte - 1]];
        default:
          return [name, byte];
      }
    }),
  );
}

function refusedOptionals(): Refused[] {
  return every.flatMap((layout) => {
    const fields = Object.entries(layout.fields);
    const last = fields.at(-1);
    if (last?.[1].kind !== 'optional') {
      return [];
    }
    const bytes = encodeAny(layout, least(layout.fields));
    return [
      refused(layout, changed(bytes, bytes.length - 1, 2), 'an optional that is neither 0 nor 1'),
      refused(layout, changed(bytes, bytes.length - 1, 1), 'an optional without its fields'),
    ];
  });
}

function withText(bytes: Bytes, at: number, old: string, text: Bytes): Bytes {
  return concat(bytes.slice(0, at), u32(text.length), text, bytes.slice(at + 4 + old.length));
}

function changed(bytes: Bytes, at: number, value: number): Bytes {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

function refused(layout: Layout, bytes: Bytes, why: string): Refused {
  return { type: layout.name, hex: hex(bytes), why };
}
