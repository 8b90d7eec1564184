/** How a name sounds, roughly: names that are said alike get the same key, so that "Kathryn Reed" is taken for "Catherine Reid" (R29). */

/** Names whose spelling says nothing about their sound, spelt as they are said. */
const said: Readonly<Record<string, string>> = {
  sean: 'shaun',
  siobhan: 'shivon',
  niamh: 'neev',
  aoife: 'eefa',
  caoimhe: 'keeva',
  saoirse: 'seersha',
  geoff: 'jef',
  geoffrey: 'jefry',
  graham: 'graem',
  graeme: 'graem',
  stephen: 'steven',
  hugh: 'hew',
  leigh: 'lee',
  vaughan: 'vaun',
  nguyen: 'nuin',
  ng: 'ing',
};

/** In this order. The text is folded: lower case, no accents, no apostrophes. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/^ma?c(?=[^aeiouy])/, 'mk'],
  [/^kn|^gn|^pn/, 'n'],
  [/^wr/, 'r'],
  [/^x/, 's'],
  [/^ts/, 's'],
  [/ph/g, 'f'],
  [/sch|tch/g, 'ch'],
  [/ough|augh/g, 'o'],
  [/igh|eigh/g, 'i'],
  [/gh/g, ''],
  [/ck|cc|q(u)?/g, 'k'],
  [/(?<=.)ch(?=o)|ch(?=[lr])/g, 'k'],
  [/x/g, 'ks'],
  [/c(?=[eiy])/g, 's'],
  [/c(?!h)/g, 'k'],
  [/(?<=m)p(?=[st])/g, ''],
  [/th/g, 't'],
  [/dg/g, 'j'],
  [/g(?=[ei])/g, 'j'],
  [/z/g, 's'],
  [/v/g, 'f'],
  [/(?<=[^aeiouycs])h|h(?=[^aeiouy]|$)/g, ''],
  [/mb$/, 'm'],
  [/(.)\1+/g, '$1'],
  // A vowel at the end is often not said, or written in another way.
  [/(?<=..)(e|ey|y|ie|i|a|ah)$/, ''],
  [/[ao]u|[ao]w/g, 'o'],
  [/[aeiouyw]*[eiy][aeiouyw]*/g, 'i'],
  [/a+[aeiouyw]*/g, 'a'],
  [/[ou]+[aeiouyw]*/g, 'o'],
];

const known = new Map<string, string>();
const mostKnown = 50_000;

/** The key of one folded word. Of the vowels only the first one counts. */
export function soundOf(word: string): string {
  const before = known.get(word);
  if (before !== undefined) return before;
  let key = said[word] ?? word;
  for (const [pattern, by] of rules) key = key.replace(pattern, by);
  const first = key.search(/[aio]/);
  key = key.slice(0, first + 1) + key.slice(first + 1).replace(/[aiow]/g, '');
  key = key.replace(/(.)\1+/g, '$1');
  if (known.size >= mostKnown) known.clear();
  known.set(word, key);
  return key;
}

/** Words of two letters sound like much else. */
export const soundsLike = (a: string, b: string): boolean => a.length > 2 && b.length > 2 && soundOf(a) === soundOf(b);
