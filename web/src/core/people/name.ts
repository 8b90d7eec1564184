/** Names of staff and patients: taken apart, folded for comparing (the rules of internal/nhs/name.go), and told apart (R29). */

const titles = [
  'dr',
  'mr',
  'mrs',
  'ms',
  'miss',
  'mx',
  'prof',
  'professor',
  'sr',
  'sister',
  'st',
  'sir',
  'dame',
  'rev',
  'revd',
];

/** "Dr Anita Patel" into title, given and family name. */
export function splitName(name: string): { title?: string; given: string; family: string } {
  const words = name.split(/\s+/).filter(Boolean);
  const title =
    words[0] && titles.includes(words[0].toLowerCase().replace('.', '')) && words.length > 1
      ? words.shift()
      : undefined;
  const family = words.pop() ?? name;
  return { ...(title ? { title } : {}), given: words.join(' '), family };
}

const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  æ: 'ae',
  œ: 'oe',
  ħ: 'h',
  ŋ: 'ng',
  ŧ: 't',
};

/** Names that differ in spelling only become the same text: case, marks, apostrophes, full stops, hyphen against space. */
export function foldName(name: string): string {
  let folded = '';
  for (const letter of name.normalize('NFKD')) {
    for (const low of letter.toUpperCase().toLowerCase()) {
      if (low >= '\u02b9' && low <= '\u02bf') continue;
      if (plainLetters[low]) folded += plainLetters[low];
      else if (/[\p{L}\p{Nd}]/u.test(low)) folded += low;
      else if (/[\s\p{Pd}]/u.test(low)) folded += ' ';
    }
  }
  return folded.split(' ').filter(Boolean).join(' ');
}

/** Do two patients' names positively agree? The shorter list of given names begins the longer one. */
export function sameName(a: { family: string; given: string }, b: { family: string; given: string }): boolean {
  const family = foldName(a.family);
  if (family === '' || family !== foldName(b.family)) return false;
  const [short, long] = [a, b]
    .map(({ given }) => foldName(given).split(' ').filter(Boolean))
    .sort((x, y) => x.length - y.length);
  return short !== undefined && long !== undefined && short.length > 0 && short.every((word, at) => word === long[at]);
}

/** "SMITH, John (Mr)". */
export function displayPatient({
  family,
  given,
  title,
}: {
  family: string;
  given: string;
  title?: string | undefined;
}): string {
  return `${family.toUpperCase()}${given ? `, ${given}` : ''}${title ? ` (${title})` : ''}`;
}

/**
 * Could one word be read for the other? The same, one within the other's beginning, or one letter apart: changed, missing, or two
 * changed places.
 */
export function isClose(a: string, b: string): boolean {
  if (a === b) return true;
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 3) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
