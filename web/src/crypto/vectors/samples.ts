/** Values for any layout: the least, the largest that stays readable, and random ones. */

import { type Bytes, bytesOf, order, utf8 } from '../bytes.ts';
import { encode } from '../codec.ts';
import type { Random } from '../domain.ts';
import { type Fields, type Layout, type Shape, type Values, object } from '../layout.ts';
import { below } from './random.ts';

/** Zero, empty, absent, the first word of each enumeration. */
export function least(fields: Fields): object {
  return map(fields, (field) => {
    switch (field.kind) {
      case 'flag':
        return false;
      case 'bytes':
        return bytesOf(field.size);
      case 'blob':
        return bytesOf(0);
      case 'text':
        return '';
      case 'enum':
        return Object.keys(field.values)[0];
      case 'optional':
        return null;
      case 'list':
      case 'seq':
        return [];
      default:
        return 0;
    }
  });
}

/** All bits set, every optional present, two elements in each list, text with characters of every length in UTF-8. */
export function large(fields: Fields, random: Random): object {
  return map(fields, (field) => {
    switch (field.kind) {
      case 'u8':
        return 0xff;
      case 'u16':
        return 0xffff;
      case 'u32':
        return 0xffff_ffff;
      case 'u64':
      case 'time':
        return Number.MAX_SAFE_INTEGER;
      case 'flag':
        return true;
      case 'bytes':
        return random(field.size);
      case 'blob':
        return random(Math.min(field.max, 48));
      case 'text':
        return fit('Zoë Ng\u1ecdc \u{1f3e5} \u202eabc', field.max);
      case 'enum':
        return Object.keys(field.values).at(-1);
      case 'optional':
        return large(field.fields, random);
      case 'list':
        return ascending(field, [large(field.fields, random), any(field.fields, random)]);
      case 'seq':
        return [large(field.fields, random), least(field.fields)].slice(0, field.max);
    }
  });
}

/** Anything that encodes. */
export function any(fields: Fields, random: Random): object {
  return map(fields, (field) => {
    switch (field.kind) {
      case 'u8':
        return below(random, 0x100);
      case 'u16':
        return below(random, 0x1_0000);
      case 'u32':
        return below(random, 0x1_0000_0000);
      case 'u64':
      case 'time':
        return below(random, 0x20_0000) * 0x1_0000_0000 + below(random, 0x1_0000_0000);
      case 'flag':
        return below(random, 2) === 1;
      case 'bytes':
        return random(field.size);
      case 'blob':
        return random(below(random, Math.min(field.max, 80) + 1));
      case 'text':
        return fit(String.fromCodePoint(...Array.from(random(8), (byte) => 1 + byte * 200)), field.max);
      case 'enum': {
        const words = Object.keys(field.values);
        return words[below(random, words.length)];
      }
      case 'optional':
        return below(random, 2) === 0 ? null : any(field.fields, random);
      case 'list': {
        const count = below(random, Math.min(field.max, 4) + 1);
        const elements = Array.from({ length: count }, () => any(field.fields, random));
        return ascending(field, elements);
      }
      case 'seq':
        return Array.from({ length: below(random, Math.min(field.max, 4) + 1) }, () => any(field.fields, random));
    }
  });
}

/** Encodes a value that was made from the fields themselves. */
export function encodeAny(layout: Layout, value: object): Bytes {
  return encode(layout, value as Values<Fields>);
}

/** Sorted by the fields `by`, without repeated keys. */
function ascending({ by, fields }: Extract<Shape, { kind: 'list' }>, elements: readonly object[]): object[] {
  const keyFields: Fields = Object.fromEntries(Object.entries(fields).filter(([name]) => by.includes(name)));
  const keyLayout = object(0, 'key', keyFields);
  const keyed = elements.map((element) => ({ element, key: encodeAny(keyLayout, element) }));
  keyed.sort((a, b) => order(a.key, b.key));
  return keyed
    .filter(({ key }, i) => i === 0 || order(keyed[i - 1]?.key ?? key, key) !== 0)
    .map(({ element }) => element);
}

/** The longest beginning, in whole characters, of at most `max` bytes, without surrogates. */
function fit(text: string, max: number): string {
  let kept = '';
  for (const character of text.replaceAll(/\p{Surrogate}/gu, '')) {
    if (utf8(kept + character).length > max) {
      break;
    }
    kept += character;
  }
  return kept;
}

function map(fields: Fields, make: (field: Shape) => unknown): object {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, make(field)]));
}
