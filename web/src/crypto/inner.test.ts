// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { type Bytes, bytesOf, hex, utf8 } from './bytes.ts';
import { type Inner, decodeInner, encodeInner } from './inner.ts';
import { base64url, fromBase64url, fromUuidText, uuidText } from './names.ts';
import { Refusal } from './refusal.ts';
import { below, repeatable } from './vectors/random.ts';
import { refuses } from './vectors/refuses.ts';

const random = repeatable('inner');
const reference = () => ({ message: uuidText(random(16)), entry: base64url(random(32)) });
const json = (value: unknown): Bytes => utf8(JSON.stringify(value));

test('what is encoded is decoded', () => {
  const inners: Inner[] = [
    { kind: 'text', text: 'Potassium 6.1' },
    { kind: 'text', text: '\u{1f3e5}', replyTo: reference() },
    { kind: 'decision', text: 'Hold ramipril.', statements: [], background: [reference()] },
    { kind: 'decision', text: '', statements: [reference(), reference()], background: [] },
    { kind: 'decision', text: '1 g', statements: [], background: [], corrects: reference() },
    { kind: 'acknowledge', about: reference() },
    { kind: 'sweep' },
    { kind: 'sweep', text: 'Nothing was decided on the round.' },
    { kind: 'quarantine', reason: 'wrong-patient', text: 'This is Joan' },
    { kind: 'confirm', assertion: base64url(random(32)) },
    { kind: 'withdraw', about: reference(), reason: 'error' },
    { kind: 'countersign', about: reference(), document: base64url(random(32)), text: 'Agreed' },
  ];
  for (const inner of inners) {
    expect(decodeInner(inner.kind, encodeInner(inner))).toEqual(inner);
  }
});

test('the writer normalises text', () => {
  expect(decodeInner('text', encodeInner({ kind: 'text', text: 'e\u0301' }))).toMatchObject({ text: 'é' });
});

test('unknown members are left out', () => {
  const value = { v: 1, text: 'x', html: '<b>', __proto__: { replyTo: 1 }, constructor: 2 };
  expect(decodeInner('text', json(value))).toEqual({ kind: 'text', text: 'x' });
  const hostile = utf8('{"v":1,"text":"x","__proto__":{"polluted":true}}');
  expect(decodeInner('text', hostile)).toEqual({ kind: 'text', text: 'x' });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('another version, or another kind, needs a newer Wardline', () => {
  expect(decodeInner('text', json({ v: 2, shout: true }))).toEqual({ kind: 'later' });
  expect(decodeInner('reaction', json({ v: 1 }))).toEqual({ kind: 'later' });
});

describe('refused', () => {
  const wrong: [string, string, unknown][] = [
    ['no object', 'text', []],
    ['null', 'text', null],
    ['no version', 'text', { text: 'x' }],
    ['a version that is no number', 'text', { v: '1', text: 'x' }],
    ['no text', 'text', { v: 1 }],
    ['an empty text', 'text', { v: 1, text: '' }],
    ['a text that is no string', 'text', { v: 1, text: ['x'] }],
    ['a text of 20 001 characters', 'text', { v: 1, text: 'x'.repeat(20_001) }],
    ['a lone surrogate', 'text', { v: 1, text: 'a\ud800' }],
    ['a reply to nothing', 'text', { v: 1, text: 'x', replyTo: null }],
    ['a reply to a short id', 'text', { v: 1, text: 'x', replyTo: { ...reference(), message: '00' } }],
    ['a reply to a short hash', 'text', { v: 1, text: 'x', replyTo: { ...reference(), entry: 'AAAA' } }],
    ['a reply to a padded hash', 'text', { v: 1, text: 'x', replyTo: { ...reference(), entry: `${'A'.repeat(43)}=` } }],
    ['a decision without words', 'decision', { v: 1, text: '', statements: [], background: [reference()] }],
    ['a decision without lists', 'decision', { v: 1, text: 'x' }],
    ['a correction of nothing', 'decision', { v: 1, text: 'x', statements: [], background: [], corrects: null }],
    ['an acknowledgement of nothing', 'acknowledge', { v: 1 }],
    ['a confirmation of nobody', 'confirm', { v: 1, assertion: 'AAAA' }],
    ['a withdrawal without a reason', 'withdraw', { v: 1, about: reference() }],
    ['a withdrawal for another reason', 'withdraw', { v: 1, about: reference(), reason: 'Error' }],
    ['a quarantine that repeats its reasons', 'quarantine', { v: 1, reason: ['other'] }],
    ['a countersignature without a document', 'countersign', { v: 1, about: reference() }],
    ['an act with an empty text', 'sweep', { v: 1, text: '' }],
    ['an act with a text of 2 001 characters', 'sweep', { v: 1, text: 'x'.repeat(2001) }],
    ['too many references', 'decision', { v: 1, text: 'x', statements: many(101), background: many(100) }],
  ];
  test.each(wrong)('%s', async (_, kind, value) => {
    await refuses(() => decodeInner(kind, json(value)), 'malformed');
  });

  test('what is not JSON, or not UTF-8', async () => {
    await refuses(() => decodeInner('text', utf8('{')), 'malformed');
    await refuses(() => decodeInner('text', Uint8Array.of(0x22, 0xff, 0x22)), 'malformed');
    await refuses(() => decodeInner('text', bytesOf(0)), 'malformed');
    await refuses(() => encodeInner({ kind: 'text', text: '' }), 'malformed');
  });

  test('any mutation gives an inner or a refusal', () => {
    const start = encodeInner({ kind: 'decision', text: 'x', statements: [reference()], background: [reference()] });
    for (let i = 0; i < 2000; i++) {
      const mutated = start.slice();
      mutated[below(random, mutated.length)] = below(random, 256);
      try {
        decodeInner('decision', mutated);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
      }
    }
  });
});

test('20 000 characters outside the basic plane are 20 000 characters', () => {
  const text = '\u{1f3e5}'.repeat(16_000);
  expect(decodeInner('text', encodeInner({ kind: 'text', text }))).toEqual({ kind: 'text', text });
});

describe('names', () => {
  test('there and back', () => {
    const id = random(16);
    expect(fromUuidText(uuidText(id))).toEqual(id);
    for (let length = 0; length < 40; length++) {
      const bytes = random(length);
      expect(hex(fromBase64url(base64url(bytes)))).toBe(hex(bytes));
    }
  });

  test('only one spelling of each', async () => {
    const upper = uuidText(random(16)).toUpperCase().replace(/[0-9]/g, 'A');
    await refuses(() => fromUuidText(upper), 'malformed');
    await refuses(() => fromUuidText('x'), 'malformed');
    for (const text of ['A', 'AA==', 'AB', 'A+A', 'A A', 'AAAAA']) {
      await refuses(() => fromBase64url(text), 'malformed');
    }
  });
});

function many(count: number): object[] {
  return Array.from({ length: count }, reference);
}
