import { expect, test } from 'vitest';
import { drawn } from './drawn.ts';

test.each([
  ['a\nb', 'a\nb'],
  ['a\n\n\nb', 'a\n\n\nb'],
  ['a\n\n\n\nb', 'a\n\n\nb'],
  ['a\n\n\n\n\n\n\n  b', 'a\n\n\n  b'],
  ['a\n \t\n\u00a0\n  \n\nb', 'a\n\n\nb'],
  ['a\r\n\r\n\r\n\r\n\r\nb', 'a\n\n\nb'],
  ['a\n\n\nb\n\n\nc', 'a\n\n\nb\n\n\nc'],
])('%j is drawn with two blank lines at most', (text, expected) => expect(drawn(text)).toBe(expected));

test('many thousand lines of blanks take no time to speak of', () => {
  expect(drawn(`a${'\n   '.repeat(20_000)}b`)).toBe('a\n\n\n   b');
});
