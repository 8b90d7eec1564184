import { expect, test } from 'vitest';
import { blocksOf } from './text.ts';

test('R36 headings, lists and paragraphs of a policy', () => {
  const text =
    '# Messaging\n\nOne line\nand the next.\n\n## Why\n- first\n- second\n  goes on\n1. one\n\n#### Deep\n**Bold** words.';
  expect(blocksOf(text, 'messaging')).toEqual([
    { kind: 'paragraph', text: 'One line and the next.' },
    { kind: 'heading', level: 2, text: 'Why' },
    { kind: 'list', ordered: false, items: ['first', 'second goes on'] },
    { kind: 'list', ordered: true, items: ['one'] },
    { kind: 'heading', level: 3, text: 'Deep' },
    { kind: 'paragraph', text: 'Bold words.' },
  ]);
});

test('R36 a heading that is not the title stays, and plain text is one paragraph after another', () => {
  expect(blocksOf('# Another', 'Messaging')).toEqual([{ kind: 'heading', level: 2, text: 'Another' }]);
  expect(blocksOf('One.\n\n\nTwo.', '')).toEqual([
    { kind: 'paragraph', text: 'One.' },
    { kind: 'paragraph', text: 'Two.' },
  ]);
});

test('R36 hostile Markdown stays text', () => {
  for (const hostile of [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[here](javascript:alert(1))',
    '![x](https://example.org/x.png)',
    '[a]: https://example.org',
    '&lt;b&gt; \u0000 {{7*7}}',
  ]) {
    expect(blocksOf(hostile, '')).toEqual([{ kind: 'paragraph', text: hostile }]);
    expect(blocksOf(`# ${hostile}`, '')).toEqual([{ kind: 'heading', level: 2, text: hostile }]);
  }
});

test('R36 a text made to keep the reader busy is read at once', () => {
  for (const piece of ['**', '# #', '- ', '__a', '#'.repeat(7), '1) ']) {
    expect(blocksOf(piece.repeat(Math.floor(200_000 / piece.length)), '').length).toBeGreaterThan(0);
  }
}, 5000);
