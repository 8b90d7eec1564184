/** NHS numbers: the rules of internal/nhs (number.go and find.go), read by both from testdata/vectors/nhs.json. */

const separators = ' \t\u00a0\u2007\u2009\u200a\u202f-\u2010\u2011\u2012\u2013\u2014\u2212';

/** Ten digits, for a text of one number with spaces and dashes anywhere; `undefined` for everything else. */
export function parseNumber(text: string): string | undefined {
  let digits = '';
  for (const letter of text) {
    if (isDigit(letter)) digits += letter;
    else if (!separators.includes(letter)) return undefined;
  }
  return isNumber(digits) ? digits : undefined;
}

/** Modulus 11 over ten digits (NHS Data Dictionary); one digit repeated is no number although its arithmetic is right. */
export function isNumber(digits: string): boolean {
  if (!/^\d{10}$/.test(digits) || /^(\d)\1{9}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < 9; at++) sum += Number(digits[at]) * (10 - at);
  const check = 11 - (sum % 11);
  return (check === 11 ? 0 : check) === Number(digits[9]);
}

export type FoundNumber = { digits: string; start: number; end: number };

/**
 * The valid numbers in a text, from left to right. Digits of every script count, what is not seen is passed over, and digits are taken in
 * groups with up to three separators between. A number is one group of ten, three neighbouring groups of 3, 3 and 4, or a whole plain run
 * of ten digits in at most three groups or in equal ones; with full stops, slashes, underscores or line breaks between, fewer forms are,
 * because results, times and dates have such marks.
 */
export function findNumbers(text: string): FoundNumber[] {
  // Most messages have fewer digits than a number.
  if ((text.match(/\p{Nd}/gu)?.length ?? 0) < 10) return [];
  const { found, hidden } = findIn(text, true);
  // What is not seen may also stand between a number and other digits.
  return withoutOverlaps(hidden ? [...found, ...findIn(text, false).found] : found);
}

function withoutOverlaps(found: FoundNumber[]): FoundNumber[] {
  const kept: FoundNumber[] = [];
  for (const one of found.sort((a, b) => a.start - b.start)) {
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  }
  return kept;
}

/** What stands between two groups: spaces and dashes, a line break, or the one mark. */
type Gap = 'plain' | 'line' | '.' | '/' | '_';
/** `gap` is before the group; without one, it begins a run. `plus`: straight after "+". */
type Group = { digits: string; start: number; end: number; gap: Gap | undefined; plus: boolean };

const unseen = /[\p{Cf}\u034f\ufe00-\ufe0f]/u;

/** Reads a text with the characters that are not seen taken out, or taken as spaces. */
function findIn(text: string, joined: boolean): { found: FoundNumber[]; hidden: boolean } {
  const runs: Group[][] = [];
  let hidden = false;
  let [gap, count, before, at]: [Gap | undefined, number, string, number] = [undefined, 0, '', 0];
  for (const letter of text) {
    const start = at;
    at += letter.length;
    const digit = digitOf(letter);
    if (digit !== undefined) {
      const run = runs.at(-1);
      const last = run?.at(-1);
      if (last && gap && count === 0) {
        last.digits += digit;
        last.end = at;
      } else {
        const group = { digits: digit, start, end: at, gap: count > 3 ? undefined : gap, plus: before === '+' };
        if (run && group.gap) run.push(group);
        else runs.push([group]);
      }
      [gap, count, before] = ['plain', 0, letter];
      continue;
    }
    let kind = gapOf(letter);
    if (unseen.test(letter)) {
      hidden = true;
      if (joined) continue;
      kind = 'plain';
    }
    if (letter === '\r') continue;
    gap = widened(gap, kind);
    count += 1;
    before = letter;
  }
  return { found: runs.flatMap(inRun), hidden };
}

function widened(gap: Gap | undefined, kind: Gap | undefined): Gap | undefined {
  if (!gap || !kind) return undefined;
  if (gap === 'plain' || gap === kind) return kind;
  return kind === 'plain' ? gap : undefined;
}

function inRun(groups: Group[]): FoundNumber[] {
  const stretches: Group[][] = [];
  for (const group of groups) {
    const last = stretches.at(-1);
    if (last && group.gap === 'plain') last.push(group);
    else stretches.push([group]);
  }
  const wide = groups.flatMap((group, at) => {
    const width = group.plus ? 0 : wideAt(groups, at);
    return numberOf(groups.slice(at, at + width)) ?? [];
  });
  return withoutOverlaps([...stretches.flatMap(inPlainRun), ...wide]);
}

function inPlainRun(groups: Group[]): FoundNumber[] {
  const found: FoundNumber[] = [];
  for (let at = 0; at < groups.length; ) {
    const width = plainAt(groups, at);
    const number = numberOf(groups.slice(at, at + width));
    if (number) found.push(number);
    at += number ? width : 1;
  }
  return found;
}

function plainAt(groups: Group[], at: number): number {
  if (groups[at]?.plus) return 0;
  const rest = groups.slice(at, at + 3);
  if (shaped(rest, [10])) return 1;
  if (shaped(rest, [3, 3, 4])) return 3;
  return at === 0 && wholeRun(groups) ? groups.length : 0;
}

function wholeRun(groups: Group[]): boolean {
  const lengths = groups.map(({ digits }) => digits.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return total === 10 && (lengths.length <= 3 || lengths.every((length) => length === lengths[0]));
}

/** How many groups from a place on could be a number with marks or line breaks between them; 0 for none. */
function wideAt(groups: Group[], at: number): number {
  const rest = groups.slice(at, at + 3);
  if (shaped(rest, [3, 3, 4]) && ofOneKind(rest.slice(1))) return 3;
  if (at > 0) return 0;
  const [, second] = groups;
  const wrapped = groups.length === 2 && second?.gap === 'line';
  if (wrapped && (shaped(groups, [3, 7]) || shaped(groups, [6, 4]))) return 2;
  const singles = groups.length === 10 && groups.every(({ digits }) => digits.length === 1);
  return singles && ofOneKind(groups.slice(1)) ? 10 : 0;
}

/** All gaps are the same mark, or lines and what is plain. */
function ofOneKind(groups: Group[]): boolean {
  const inLines = groups.every(({ gap }) => gap === 'line' || gap === 'plain');
  return inLines || groups.every(({ gap }) => gap === groups[0]?.gap);
}

function shaped(groups: Group[], lengths: number[]): boolean {
  return lengths.every((length, at) => groups[at]?.digits.length === length);
}

function numberOf(groups: Group[]): FoundNumber | undefined {
  const [first, last] = [groups[0], groups.at(-1)];
  const digits = groups.map((group) => group.digits).join('');
  return first && last && isNumber(digits) ? { digits, start: first.start, end: last.end } : undefined;
}

/** Where the decimal digits of the scripts begin, as in internal/nhs/find.go. */
const zeros = [
  0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810, 0xff10,
];
const [firstMathematical, lastMathematical] = [0x1d7ce, 0x1d7ff];

function digitOf(letter: string): string | undefined {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= firstMathematical && code <= lastMathematical) return String((code - firstMathematical) % 10);
  const zero = zeros.find((first) => code >= first && code <= first + 9);
  return zero === undefined ? undefined : String(code - zero);
}

const marks: readonly [Gap, RegExp][] = [
  ['line', /[\n\u2028\u2029]/],
  ['.', /[.\u2024\uff0e]/],
  ['/', /[/\u2044\u2215\uff0f]/],
  ['_', /[_\uff3f]/],
  ['plain', /[\p{Zs}\u2015\ufe63\uff0d]/u],
];

function gapOf(letter: string): Gap | undefined {
  if (separators.includes(letter)) return 'plain';
  return marks.find(([, pattern]) => pattern.test(letter))?.[0];
}

function isDigit(letter: string | undefined): boolean {
  return letter !== undefined && letter >= '0' && letter <= '9';
}
