import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { displayPatient, sameName } from '../people/name.ts';
import { findNumbers, parseNumber } from './numbers.ts';

type Name = { family: string; given: string };
type Vectors = {
  numbers: { text: string; valid: boolean; digits?: string }[];
  find: { why: string; text: string; found: { digits: string; spelt: string }[] }[];
  ordinary: string[];
  names: { a: Name; b: Name; same: boolean }[];
  display: (Name & { title: string; display: string })[];
};

const vectors = JSON.parse(readFileSync('../testdata/vectors/nhs.json', 'utf8')) as Vectors;

describe('R37 R11 NHS numbers are those of the server', () => {
  test.each(vectors.numbers)('$text', ({ text, valid, digits }) => {
    expect(parseNumber(text)).toBe(valid ? digits : undefined);
  });

  test.each(vectors.ordinary)('R37 nothing is found in an ordinary message: %s', (text) => {
    expect(findNumbers(text)).toEqual([]);
  });

  test.each(vectors.find)('in a text: $why', ({ text, found }) => {
    const here = findNumbers(text).map(({ digits, start, end }) => ({ digits, spelt: text.slice(start, end) }));
    expect(here).toEqual(found);
  });
});

describe('names are compared as on the server', () => {
  test.each(vectors.names)('$a.family $a.given and $b.family $b.given', ({ a, b, same }) => {
    expect(sameName(a, b)).toBe(same);
    expect(sameName(b, a)).toBe(same);
  });

  test.each(vectors.display)('$display', ({ display, ...name }) => {
    expect(displayPatient(name)).toBe(display);
  });
});
