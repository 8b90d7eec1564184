// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { type Bytes, bytesOf, concat, hex, u32, utf8 } from './bytes.ts';
import { MAX_OBJECT, decode, encode, typeOf } from './codec.ts';
import {
  type Fields,
  type Layout,
  blob,
  bytes,
  flag,
  list,
  object,
  oneOf,
  optional,
  seq,
  text,
  time,
  u16,
  u64,
  u8,
} from './layout.ts';
import { every } from './layouts/every.ts';
import { Refusal } from './refusal.ts';
import { below, repeatable } from './vectors/random.ts';
import { refuses } from './vectors/refuses.ts';
import { any, encodeAny, large, least } from './vectors/samples.ts';

describe.each(every.map((layout) => [layout.name, layout] as const))('%s', (name, layout) => {
  test('decode undoes encode, and encode undoes decode', () => {
    const random = repeatable(name);
    const values = [least(layout.fields), large(layout.fields, random)];
    for (let i = 0; i < 30; i++) {
      values.push(any(layout.fields, random));
    }
    for (const value of values) {
      const encoded = encodeAny(layout, value);
      expect(decode(layout, encoded)).toEqual(value);
      expect(hex(encodeAny(layout, decode(layout, encoded)))).toBe(hex(encoded));
      expect(typeOf(encoded)).toBe(layout.type);
    }
  });

  test('whatever is decoded is a value with one encoding, or a refusal', () => {
    const random = repeatable(`${name} mutated`);
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      refused += decodesOrRefuses(layout, mutate(encodeAny(layout, any(layout.fields, random)), random));
    }
    for (let i = 0; i < 50; i++) {
      const start = encodeAny(layout, least(layout.fields)).slice(0, 7);
      refused += decodesOrRefuses(layout, concat(start, random(below(random, 400))));
      refused += decodesOrRefuses(layout, random(below(random, 100)));
    }
    expect(refused).toBeGreaterThan(50);
  });

  test('trailing, truncated, another suite, another type', async () => {
    const encoded = encodeAny(layout, large(layout.fields, repeatable(name)));
    await refuses(() => decode(layout, concat(encoded, bytesOf(1))), 'malformed');
    for (let length = 0; length < encoded.length; length += 1 + (encoded.length >> 6)) {
      await refuses(() => decode(layout, encoded.slice(0, length)), 'malformed');
    }
    await refuses(() => decode(layout, changed(encoded, 4, 2)), 'unsupported_suite');
    await refuses(() => decode(layout, changed(encoded, 4, 0)), 'unsupported_suite');
    await refuses(() => decode(layout, changed(encoded, 0, 0x77)), 'malformed');
    await refuses(() => decode(layout, changed(encoded, 6, (encoded[6] ?? 0) ^ 0x80)), 'malformed');
  });
});

const sampler = object(0x7f00, 'sampler', {
  small: u8,
  short: u16,
  count: u64,
  at: time,
  open: flag,
  id: bytes(4),
  data: blob(8),
  note: text(8),
  kind: oneOf({ one: 1, two: 2 }),
  more: optional({ extra: u8 }),
  ranked: list(3, ['rank'], { rank: u8, word: text(4) }),
  queue: seq(2, { item: u8 }),
});

const plain = {
  small: 1,
  short: 2,
  count: 3,
  at: 4,
  open: true,
  id: bytesOf(4),
  data: bytesOf(2),
  note: 'ok',
  kind: 'one' as const,
  more: { extra: 1 },
  ranked: [
    { rank: 1, word: 'b' },
    { rank: 2, word: 'a' },
  ],
  queue: [{ item: 2 }, { item: 1 }],
};

describe('what encode refuses', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['a number out of range', { small: 256 }],
    ['a negative number', { short: -1 }],
    ['a fraction', { small: 1.5 }],
    ['not a number', { count: Number.NaN }],
    ['a u64 of 2^53', { count: 2 ** 53 }],
    ['a time of 2^53', { at: 2 ** 53 }],
    ['a bigint', { count: 1n }],
    ['a flag that is a number', { open: 1 }],
    ['bytes of another length', { id: bytesOf(5) }],
    ['too many bytes', { data: bytesOf(9) }],
    ['a text above its maximum in bytes', { note: 'éééée' }],
    ['U+0000', { note: 'a\u0000' }],
    ['a lone surrogate', { note: 'a\ud83c' }],
    ['an unknown word', { kind: 'three' }],
    ['a word of the prototype', { kind: 'toString' }],
    ['a list out of order', { ranked: [plain.ranked[1], plain.ranked[0]] }],
    ['a list with one key twice', { ranked: [plain.ranked[0], { rank: 1, word: 'c' }] }],
    ['too long a list', { ranked: [1, 2, 3, 4].map((rank) => ({ rank, word: '' })) }],
    ['too long a sequence', { queue: [{ item: 1 }, { item: 1 }, { item: 1 }] }],
    ['a missing field', { queue: undefined }],
    ['a missing optional', { more: undefined }],
    ['an element that is nothing', { queue: [null] }],
    ['a text that is a number', { note: 5 }],
  ];
  test.each(wrong)('%s', async (_, change) => {
    expect(encode(sampler, plain).length).toBeGreaterThan(0);
    await refuses(() => encodeAny(sampler, { ...plain, ...change }), 'malformed');
  });

  test('more than 1 MiB', async () => {
    const big = object(0x7f01, 'big', { data: blob(2 << 20) });
    await refuses(() => encode(big, { data: bytesOf(MAX_OBJECT) }), 'malformed');
    await refuses(() => decode(big, bytesOf(MAX_OBJECT + 1)), 'malformed');
  });
});

describe('what decode refuses of a field', () => {
  const refusesField = (fields: Fields, content: Bytes, detail: string) => {
    const layout = object(0x7f04, 'one', fields);
    const prefix = encodeAny(object(0x7f04, 'one', {}), {});
    expect(() => decode(layout, concat(prefix, content))).toThrow(new Refusal('malformed', `one: ${detail}`));
  };

  test('bytes and text above their maximum', () => {
    refusesField({ data: blob(2) }, concat(u32(3), bytesOf(3)), 'data: longer than 2');
    refusesField({ note: text(2) }, concat(u32(3), utf8('abc')), 'note: longer than 2');
  });

  test('U+0000, and what is not UTF-8', () => {
    refusesField({ note: text(3) }, concat(u32(3), utf8('a\u0000b')), 'note: holds U+0000');
    refusesField({ note: text(3) }, concat(u32(2), Uint8Array.of(0xc3, 0x28)), 'note: not UTF-8');
    refusesField({ note: text(3) }, concat(u32(3), Uint8Array.of(0xed, 0xa0, 0x80)), 'note: not UTF-8');
  });

  test('more elements than the maximum, or than there is room for', () => {
    const queue = seq(2, { item: u8 });
    refusesField({ queue }, Uint8Array.of(0, 3, 1, 2, 3), 'queue: more than 2');
    refusesField({ queue }, Uint8Array.of(0, 2, 1), 'queue: truncated');
  });

  test('a list out of order, a flag of 2, a word of none', () => {
    const ranked = list(3, ['rank'], { rank: u8 });
    refusesField({ ranked }, Uint8Array.of(0, 2, 2, 1), 'ranked: not strictly ascending');
    refusesField({ ranked }, Uint8Array.of(0, 2, 1, 1), 'ranked: not strictly ascending');
    refusesField({ open: flag }, Uint8Array.of(2), 'open: neither 0 nor 1');
    refusesField({ more: optional({ extra: u8 }) }, Uint8Array.of(2, 1), 'more: neither 0 nor 1');
    refusesField({ kind: oneOf({ one: 1 }) }, Uint8Array.of(0), 'kind: not one of its values');
  });

  test('an integer of 2^53', () => {
    const limit = Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0);
    refusesField({ count: u64 }, limit, 'an integer of 2^53 or more');
    refusesField({ at: time }, limit, 'an integer of 2^53 or more');
  });
});

describe('limits come before allocation', () => {
  test('a length that promises more than there is', async () => {
    const big = object(0x7f02, 'big', { data: blob(0xffff_ffff) });
    const claim = concat(encode(big, { data: bytesOf(0) }).slice(0, -4), u32(0xffff_ffff));
    await refuses(() => decode(big, claim), 'malformed');
  });

  test('a count that promises more than there is', async () => {
    const many = object(0x7f03, 'many', { items: seq(0xffff, { id: bytes(32) }) });
    const claim = concat(encode(many, { items: [] }).slice(0, -2), Uint8Array.of(0xff, 0xff), bytesOf(64));
    await refuses(() => decode(many, claim), 'malformed');
  });
});

test('a byte order mark is a character like any other', () => {
  const encoded = encode(sampler, { ...plain, note: '\ufeffa' });
  expect(decode(sampler, encoded).note).toBe('\ufeffa');
});

test('decoded bytes are copies', () => {
  const encoded = encode(sampler, { ...plain, id: Uint8Array.of(1, 2, 3, 4) });
  decode(sampler, encoded).id.fill(0);
  expect([...decode(sampler, encoded).id]).toEqual([1, 2, 3, 4]);
});

test('typeOf reads nothing that is not ours', () => {
  expect(typeOf(bytesOf(6))).toBeUndefined();
  expect(typeOf(bytesOf(40))).toBeUndefined();
});

/** 1 if refused. Anything but a value or a `Refusal` fails the test. */
function decodesOrRefuses(layout: Layout, input: Bytes): 0 | 1 {
  let value: object;
  try {
    value = decode(layout, input);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return 1;
  }
  expect(hex(encodeAny(layout, value))).toBe(hex(input));
  return 0;
}

function mutate(input: Bytes, random: (length: number) => Bytes): Bytes {
  const at = below(random, input.length);
  switch (below(random, 5)) {
    case 0:
      return changed(input, at, below(random, 256));
    case 1:
      return concat(input.slice(0, at), random(1 + below(random, 8)), input.slice(at));
    case 2:
      return concat(input.slice(0, at), input.slice(at + 1 + below(random, 8)));
    case 3:
      return changed(changed(input, at, 0xff), Math.min(at + 1, input.length - 1), 0xff);
    default:
      return concat(input.slice(0, at), input.slice(Math.max(0, at - 16)));
  }
}

function changed(input: Bytes, at: number, value: number): Bytes {
  const copy = input.slice();
  copy[at] = value;
  return copy;
}
