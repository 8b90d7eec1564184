import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isBlank, showMarks, withoutMarks } from './marks.ts';

type Vectors = { shown: { text: string; shown: string; without: string }[]; blank: { text: string; blank: boolean }[] };
const vectors = JSON.parse(readFileSync('../testdata/vectors/marks.json', 'utf8')) as Vectors;

describe('H16 characters that nobody sees, as in the Go client', () => {
  test.each(vectors.shown)('$text is shown as $shown', ({ text, shown, without }) => {
    expect(showMarks(text)).toBe(shown);
    expect(showMarks(shown)).toBe(shown);
    expect(withoutMarks(text)).toBe(without);
  });
  test.each(vectors.blank)('$text is nothing: $blank', ({ text, blank }) => expect(isBlank(text)).toBe(blank));
});
