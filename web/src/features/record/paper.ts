/**
 * Reading the document that will be filed, so that the preview is made from exactly what is sent (R21, H16) and yet nothing in it can
 * run: no markup of it ever reaches the browser's parser. A small set of elements is understood, attributes are dropped, and anything
 * else is kept as visible text, so that nothing can hide in it.
 */

export type Block = { tag: string; children: (Block | string)[] };

const shown = new Set(
  'h1 h2 h3 h4 p div section article header footer main dl dt dd ul ol li blockquote pre table caption thead tbody tr th td b strong i em span time code'.split(
    ' ',
  ),
);
const transparent = new Set(['html', 'body']);
const single = new Set(['br', 'hr']);

export function readPaper(html: string): Block {
  const root: Block = { tag: 'div', children: [] };
  const open: Block[] = [root];
  const body = html.replace(/^\s*<!doctype[^>]*>/i, '').replace(/<head\b[^>]*>[\s\S]*?<\/head\s*>/i, '');
  const pieces = body.split(/(<!--[\s\S]*?-->|<\/?[a-zA-Z][^<>]*>)/);
  for (const piece of pieces) {
    if (piece === '') continue;
    const tag = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>$/.exec(piece);
    const name = tag?.[2]?.toLowerCase() ?? '';
    if (transparent.has(name)) continue;
    if (tag && single.has(name)) top(open).children.push({ tag: name, children: [] });
    else if (tag && shown.has(name)) step(open, name, tag[1] === '/');
    else pushText(top(open), decodeEntities(piece));
  }
  return root;
}

function step(open: Block[], name: string, closes: boolean): void {
  if (!closes) {
    const block: Block = { tag: name, children: [] };
    top(open).children.push(block);
    open.push(block);
    return;
  }
  const at = open.findLastIndex((block, index) => index > 0 && block.tag === name);
  if (at > 0) open.length = at;
}

function top(open: Block[]): Block {
  const block = open.at(-1);
  if (!block) throw new Error('the root is never closed');
  return block;
}

function pushText(block: Block, text: string): void {
  const keepsSpace = block.tag === 'pre' || block.tag === 'blockquote' || block.tag === 'p';
  if (!keepsSpace && text.trim() === '') return;
  block.children.push(text);
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** The few entities that a document of ours carries. An unknown one stays as it is written. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi,
    (whole, hex: string, decimal: string, name: string) => {
      if (name) return named[name.toLowerCase()] ?? whole;
      const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
        ? String.fromCodePoint(point)
        : whole;
    },
  );
}

/** All the words of the document in order. */
export function wordsOf(block: Block): string {
  return block.children.map((child) => (typeof child === 'string' ? child : wordsOf(child))).join('');
}
