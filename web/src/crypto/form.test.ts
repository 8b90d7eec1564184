// @vitest-environment node
import { expect, test } from 'vitest';
import { utf8 } from './bytes.ts';
import { type DecisionInner, decodeInner, encodeInner } from './inner.ts';
import { readText } from './vectors/read.ts';

/** The Go client reads the same in client/inner_test.go. */
type Vector = { name: string; inner: string; kept: boolean };

const vectors = JSON.parse(readText('form.json')) as Vector[];

test('there are as many as there were', () => {
  expect(vectors.length).toBeGreaterThan(30);
});

test.each(vectors)('a form that breaks a rule costs no decision: $name', ({ inner, kept }) => {
  const read = decodeInner('decision', utf8(inner)) as DecisionInner;
  expect(read.form !== undefined).toBe(kept);
  expect(decodeInner('decision', encodeInner(read))).toEqual(read);
});

test('a form that is not the decision is not sent', () => {
  const form = { kind: 'plan' as const, parts: [{ name: 'plan', text: 'Home' }] };
  const decision = { kind: 'decision' as const, text: 'Plan\nHome', statements: [], background: [] };
  expect(() => encodeInner({ ...decision, form })).not.toThrow();
  expect(() => encodeInner({ ...decision, text: 'Home', form })).toThrow('a form');
});
