/** The document as it will be filed, drawn from its own text. */
import { h, type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Block, readPaper } from './paper.ts';

/** Headings sit below the sheet's own; what only groups is a plain block. */
const drawnAs: Record<string, string> = {
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  main: 'div',
  article: 'div',
  header: 'div',
  footer: 'div',
  section: 'div',
};

export function Paper({ html }: { html: string }) {
  const root = useMemo(() => readPaper(html), [html]);
  return <div class="paper">{root.children.map(draw)}</div>;
}

function draw(child: Block | string, at: number): JSX.Element | string {
  if (typeof child === 'string') return child;
  return h(drawnAs[child.tag] ?? child.tag, { key: at }, ...child.children.map(draw));
}
