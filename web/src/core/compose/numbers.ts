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
 * The valid numbers in a text, from left to right. Digits are taken in groups with up to three separators between: a number is one
 * group of ten, three neighbouring groups of 3, 3 and 4, or a whole run of ten digits in at most three groups or in equal ones.
 */
export function findNumbers(text: string): FoundNumber[] {
  const found: FoundNumber[] = [];
  for (let at = 0; at < text.length; ) {
    if (!isDigit(text[at])) {
      at += 1;
      continue;
    }
    const groups = runFrom(text, at);
    found.push(...inRun(text, groups, at > 0 && text[at - 1] === '+'));
    at = groups.at(-1)?.end ?? at + 1;
  }
  return found;
}

type Group = { start: number; end: number };

function runFrom(text: string, start: number): Group[] {
  const groups: Group[] = [];
  for (let at: number | undefined = start; at !== undefined; ) {
    let end: number = at;
    while (isDigit(text[end])) end += 1;
    groups.push({ start: at, end });
    at = afterSeparators(text, end);
  }
  return groups;
}

/** Where the next digits begin, after one to three separators. */
function afterSeparators(text: string, from: number): number | undefined {
  for (let count = 0; count <= 3; count++) {
    const letter = text[from + count];
    if (letter === undefined) return undefined;
    if (isDigit(letter)) return count > 0 ? from + count : undefined;
    if (!separators.includes(letter)) return undefined;
  }
  return undefined;
}

function inRun(text: string, groups: Group[], international: boolean): FoundNumber[] {
  const found: FoundNumber[] = [];
  for (let at = international ? 1 : 0; at < groups.length; ) {
    const width = widthAt(groups, at);
    const [first, last] = [groups[at], groups[at + width - 1]];
    const digits = groups
      .slice(at, at + width)
      .map(({ start, end }) => text.slice(start, end))
      .join('');
    if (first && last && isNumber(digits)) {
      found.push({ digits, start: first.start, end: last.end });
      at += width;
    } else {
      at += 1;
    }
  }
  return found;
}

function widthAt(groups: Group[], at: number): number {
  const lengths = groups.map(({ start, end }) => end - start);
  if (lengths[at] === 10) return 1;
  if (lengths[at] === 3 && lengths[at + 1] === 3 && lengths[at + 2] === 4) return 3;
  if (at > 0) return 0;
  const whole = lengths.reduce((sum, length) => sum + length, 0) === 10;
  const regular = lengths.length <= 3 || lengths.every((length) => length === lengths[0]);
  return whole && regular ? lengths.length : 0;
}

function isDigit(letter: string | undefined): boolean {
  return letter !== undefined && letter >= '0' && letter <= '9';
}
