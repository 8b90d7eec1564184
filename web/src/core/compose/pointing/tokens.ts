/**
 * A text as words, numbers and marks, for rules that look at what stands beside what.
 *
 * Invariants: tokens are in the order of the text and do not overlap; `word` is in small letters and cut after forty, and full-width forms are narrow, while
 * `start` and `end` are places in the text as it was typed. Reading is linear in the length of the text.
 */
export type Token = {
  word: string;
  /** As typed. */
  raw: string;
  kind: 'word' | 'number' | 'mark';
  start: number;
  end: number;
  /** Nothing stands between this and the token before. */
  glued: boolean;
};

const parts = /\p{L}[\p{L}\p{M}]*(?:['’](?:s|re|ve|ll|d|t|m)(?![\p{L}]))?|\p{Nd}+|[^\s\p{L}\p{Nd}]/gu;

/** Longer than any word. */
const longest = 40;

/** Where a sentence ends, if a space follows. */
const ends = new Set(['.', '!', '?', ';']);
const shortened = new Set(['mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'no', 'st', 'vs', 'approx', 'pt', 'rm', 'prof']);

/** The sentences of a text, each a row of tokens. A line is a sentence too. */
export function sentences(text: string): Token[][] {
  const all: Token[][] = [];
  let sentence: Token[] = [];
  let end = 0;
  const close = () => {
    if (sentence.length > 0) all.push(sentence);
    sentence = [];
  };
  for (const match of text.matchAll(parts)) {
    const raw = match[0];
    const start = match.index;
    const glued = start === end && start > 0;
    const last = sentence.at(-1);
    const before = sentence.at(-2);
    const ended = last !== undefined && ends.has(last.word) && !glued && !(before !== undefined && keepsGoing(before));
    if (ended || (start > end && text.slice(end, start).includes('\n'))) close();
    end = start + raw.length;
    sentence.push({
      word: plain(raw.length > longest ? raw.slice(0, longest) : raw),
      raw,
      kind: kindOf(raw),
      start,
      end,
      glued,
    });
  }
  close();
  return all;
}

/** "Mrs. J", "T. M.": a full stop that ends no sentence. */
const keepsGoing = ({ word, raw }: Token): boolean => shortened.has(word) || /^\p{Lu}$/u.test(raw);

function kindOf(raw: string): Token['kind'] {
  if (/^\p{L}/u.test(raw)) return 'word';
  return /^\p{Nd}/u.test(raw) ? 'number' : 'mark';
}

const unusual = /[\uff01-\uff5e’]/;
const plain = (raw: string): string =>
  (unusual.test(raw) ? raw.normalize('NFKC').replaceAll('’', "'") : raw).toLowerCase();
