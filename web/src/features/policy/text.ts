/**
 * A policy's text as blocks to draw: headings, lists and paragraphs of Markdown. Everything else stays the text that it is, HTML and
 * links included: what an organisation publishes is drawn as text and never as markup.
 */

export type Block =
  | { kind: 'heading'; level: 2 | 3 | 4; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] }
  | { kind: 'paragraph'; text: string };

/** `title` is said above the text: a first heading that says the same is left out. */
export function blocksOf(text: string, title: string): Block[] {
  const blocks: (Exclude<Block, { kind: 'heading' }> | { kind: 'heading'; depth: number; text: string })[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const words = line.trim();
    const last = blocks.at(-1);
    const heading = /^(#{1,6})[ \t]+(.+?)[ \t]*#*$/.exec(words);
    const item = /^([-*•]|\d{1,3}[.)])[ \t]+(.+)$/.exec(words);
    if (words === '') open = false;
    else if (heading?.[1] && heading[2]) {
      blocks.push({ kind: 'heading', depth: heading[1].length, text: plain(heading[2]) });
      open = false;
    } else if (item?.[1] && item[2]) {
      const ordered = /\d/.test(item[1]);
      if (last?.kind === 'list' && last.ordered === ordered) last.items.push(plain(item[2]));
      else blocks.push({ kind: 'list', ordered, items: [plain(item[2])] });
      open = true;
    } else if (open && last?.kind === 'paragraph') last.text += ` ${plain(words)}`;
    else if (open && last?.kind === 'list') last.items.push(`${last.items.pop() ?? ''} ${plain(words)}`);
    else {
      blocks.push({ kind: 'paragraph', text: plain(words) });
      open = true;
    }
  }
  const [first] = blocks;
  if (first?.kind === 'heading' && first.text.toLowerCase() === title.toLowerCase()) blocks.shift();
  const top = Math.min(...blocks.map((block) => (block.kind === 'heading' ? block.depth : 9)));
  let before = 1;
  return blocks.map((block): Block => {
    if (block.kind !== 'heading') return block;
    // No level is left out on the way down, whatever the file does.
    const level = Math.min(block.depth - top + 2, before + 1, 4) as 2 | 3 | 4;
    before = level;
    return { kind: 'heading', level, text: block.text };
  });
}

/** Emphasis without its marks. */
const plain = (text: string): string => text.replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2');
