import { describe, expect, test } from 'vitest';
import { type Block, decodeEntities, readPaper, wordsOf } from './paper.ts';

const tags = (block: Block): string[] =>
  block.children.flatMap((child) => (typeof child === 'string' ? [] : [child.tag, ...tags(child)]));

const document = `<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Decision</title><style>p { color: red }</style></head>
<body><article><h1>Clinical decision by secure message</h1>
<p><strong>SMITH, John (Mr)</strong> &middot; NHS No. 943 476 5919</p>
<blockquote>Change to IV flucloxacillin 2 g four times a day.
Review at 16:00 &amp; if BP &lt; 90.</blockquote></article></body></html>`;

describe('R21 H16 the preview', () => {
  test('is made from the document itself, word for word', () => {
    const words = wordsOf(readPaper(document));
    expect(words).toContain('Change to IV flucloxacillin 2 g four times a day.\nReview at 16:00 & if BP < 90.');
    expect(words).toContain('SMITH, John (Mr)');
  });

  test('keeps its structure and leaves out the head', () => {
    const paper = readPaper(document);
    expect(tags(paper)).toEqual(['article', 'h1', 'p', 'strong', 'blockquote']);
    expect(wordsOf(paper)).not.toContain('color: red');
  });

  test.each([
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['<!-- stop the heparin -->', '<!-- stop the heparin -->'],
    ['<iframe srcdoc="x"></iframe>', '<iframe srcdoc="x"></iframe>'],
  ])('shows %s as text, so that nothing hides or runs', (html, text) => {
    expect(wordsOf(readPaper(html))).toBe(text);
    expect(tags(readPaper(html))).toEqual([]);
  });

  test('drops attributes, so that nothing is hidden by style', () => {
    expect(JSON.stringify(readPaper('<p style="display:none" onclick="x()">dose</p>'))).toBe(
      '{"tag":"div","children":[{"tag":"p","children":["dose"]}]}',
    );
  });

  test('survives markup that does not close or closes too much', () => {
    expect(wordsOf(readPaper('<p>a<b>b</p></div></p>c<'))).toBe('abc<');
  });
});

test.each([
  ['&amp;&lt;&gt;&quot;&#39;&#x41;&nbsp;', '&<>"\'A\u00a0'],
  ['&middot; &unknown; &', '&middot; &unknown; &'],
  ['&#0; &#xD800; &#x110000;', '&#0; &#xD800; &#x110000;'],
  ['&amp;lt;', '&lt;'],
])('entities in %s', (text, result) => expect(decodeEntities(text)).toBe(result));
