/**
 * What the composer finds before anything is encrypted: another patient's number in a patient thread (R11, H11), identifiers outside one
 * (R37), and talk about somebody whom nobody has identified (R10).
 *
 * It finds what has a form. It cannot see names alone, and the screen says so.
 */
import type { Finding, Space } from '../contract.ts';
import { firstMark } from '../marks.ts';
import { findNumbers } from './numbers.ts';

export type Place = {
  space: Space;
  /** The numbers of the thread's patient: the present one and one that led to it. */
  numbers: readonly string[];
};

/** `now` tells a date of birth from an appointment. */
export function check(text: string, { space, numbers }: Place, now: number): Finding[] {
  const valid = findNumbers(text).map(({ digits, start, end }) => ({ digits, start, end }));
  const mark = firstMark(text);
  const hidden = mark < 0 ? [] : [finding('hidden-mark', text, mark, mark + 1, true)];
  if (space === 'patient') {
    const others = valid.filter(({ digits }) => !numbers.includes(digits));
    return [...hidden, ...others.map(({ start, end }) => finding('other-patient', text, start, end, true))];
  }
  const stopping = [
    ...hidden,
    ...valid.map(({ start, end }) => finding('number-outside', text, start, end, true)),
    ...hospitalNumbers(text),
    ...bornAndName(text, now),
  ];
  const prompts = space === 'announcement' || space === 'social' ? [] : unlinked(text);
  return [
    ...stopping,
    ...prompts.filter((one) => !stopping.some((other) => one.start < other.end && other.start < one.end)),
  ];
}

function finding(kind: Finding['kind'], text: string, start: number, end: number, stops: boolean): Finding {
  return { kind, found: text.slice(start, end), start, end, stops };
}

function matches(kind: Finding['kind'], text: string, pattern: RegExp, stops: boolean): Finding[] {
  return [...text.matchAll(pattern)].map((match) =>
    finding(kind, text, match.index, match.index + match[0].length, stops),
  );
}

/** A number that says it is one ("MRN 123456", "hosp no. N0041192"), or that has the form of one letter and seven digits. */
const hospitalNumber =
  /\b(?:mrn|(?:hosp(?:ital)?|unit|pas)\s*(?:no|num|number)\b)\.?\s*[:#]?\s*[a-z]{0,3}\d{5,9}\b|\b[A-Z]\d{7}\b/gi;

function hospitalNumbers(text: string): Finding[] {
  return matches('hospital-number', text, hospitalNumber, true);
}

const months =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const date = new RegExp(
  `\\b(?:(\\d{1,2})(?:st|nd|rd|th)?[\\s./-]*(${months}|\\d{1,2})[\\s.,/-]+(\\d{4}|\\d{2})|(\\d{4})-(\\d{2})-(\\d{2}))\\b`,
  'gi',
);
/** "SMITH, John", or two or three words in a row that begin with a capital, in one line. */
const fullName = /\b\p{Lu}[\p{L}'’-]+,[ \t]+\p{Lu}[\p{L}'’-]+|\b\p{Lu}[\p{L}'’-]+(?:[ \t]+\p{Lu}[\p{L}'’-]+){1,2}/gu;

/** Words that begin with a capital and are nobody's name. */
const notNames =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?$|^(?:mon|tue|wed|thu|fri|sat|sun)$|^(?:ward|bay|bed|side|room|clinic|theatre|unit|team|born|dob|date|birth|of|the|please|can|could|who|what|when|where|is|seen|new|old|day|night|nhs|icu|itu|amu|ed|a&e|ct|mri|iv|po|dr|mr|mrs|ms|miss|mx|sr|sister|professor|prof|consultant|registrar|nurse|surgery|medicine|general|hospital|london)$/i;

/** R37: a date of birth together with a full name. Appointments have dates too, so a date within the last year is none of birth. */
function bornAndName(text: string, now: number): Finding[] {
  const dates = [...text.matchAll(date)].filter((match) => couldBeBirth(match, new Date(now).getFullYear()));
  if (dates.length === 0) return [];
  const outside = dates.reduce((rest, match) => blank(rest, match.index, match[0].length), text);
  const said = dates.find((match) => saysBirth(text, match));
  const names = [
    ...[...outside.matchAll(fullName)].filter(({ 0: words }) => isName(words)),
    ...(said ? shortNames(outside) : []),
  ];
  const [name, born] = [names[0], said ?? dates[0]];
  if (!name || !born) return [];
  const start = Math.min(name.index, born.index);
  const end = Math.max(name.index + name[0].length, born.index + born[0].length);
  return [finding('born-and-name', text, start, end, true)];
}

const birth = '(?:d\\.?\\s?o\\.?\\s?b\\b\\.?|born\\b(?:\\s+on\\b)?|(?:date\\s+of\\s+birth|birth\\s*date|birthday)\\b)';
const birthBefore = new RegExp(`\\b${birth}[\\s:;,.(=-]*(?:\\w+\\s+){0,2}$`, 'i');

/** The date is called one of birth by the words before it. */
const saysBirth = (text: string, { index }: RegExpMatchArray): boolean =>
  birthBefore.test(text.slice(Math.max(0, (index ?? 0) - 40), index));

/** "J. Smith", "Smith J", and what stands straight before the word: "Smith DOB", "john smith dob". */
const initialed = /\b(?:\p{Lu}\.?[ \t]?){1,3}[ \t]?\p{Lu}[\p{L}'’-]+|\b\p{Lu}[\p{L}'’-]+,?[ \t]+\p{Lu}\b\.?/gu;
const beforeBirth = new RegExp(`\\b([\\p{L}'’-]{2,}(?:[ \\t]+[\\p{L}'’-]{2,})?)[\\s,;:(-]+${birth}`, 'giu');
const nobody =
  /^(?:and|or|with|her|his|their|my|your|a|an|same|patient|pts?|lady|man|woman|boy|girl|baby|child|check|checked|confirm|confirmed|correct|wrong|no|not|need|needs|ask|asked|name|number|address|full|was|were|by|for|in|on|at|to|has|have|had|this|that|he|she|they|give|given|missing|those|people|anybody|anyone|everybody|everyone|staff|colleagues)$/i;

function shortNames(text: string): { 0: string; index: number }[] {
  const called = (words: string) => words.split(/[\s,.]+/).some((word) => word.length > 1 && !isWord(word));
  const initials = [...text.matchAll(initialed)].filter(({ 0: words }) => called(words));
  const before = [...text.matchAll(beforeBirth)].flatMap(({ 1: words = '', index }) => {
    const all = words.split(/[ \t]+/);
    const likely = all.filter((word) => !isWord(word));
    const capital = likely.some((word) => /^\p{Lu}/u.test(word));
    if (!capital) return likely.length === 2 ? [{ 0: words, index }] : [];
    const from = words.search(/\b\p{Lu}/u);
    return [{ 0: words.slice(from), index: index + from }];
  });
  return [...initials, ...before].sort((a, b) => a.index - b.index);
}

const isWord = (word: string): boolean =>
  notNames.test(word) || nobody.test(word) || new RegExp(`^(?:${months})$`, 'i').test(word);

function isName(words: string): boolean {
  const likely = words
    .split(/[\s,]+/)
    .filter((word) => !notNames.test(word) && !new RegExp(`^(?:${months})$`, 'i').test(word));
  return likely.length >= 2;
}

function couldBeBirth(
  { 1: day, 3: yearLast, 4: yearFirst, 5: monthLate, 6: dayLate }: RegExpMatchArray,
  thisYear: number,
): boolean {
  const written = Number(yearLast ?? yearFirst);
  const year = written < 100 ? (written <= thisYear % 100 ? 2000 : 1900) + written : written;
  if (year < 1895 || year >= thisYear) return false;
  if (dayLate !== undefined) return Number(dayLate) <= 31 && Number(monthLate) <= 12;
  return Number(day) >= 1 && Number(day) <= 31;
}

const blank = (text: string, start: number, length: number): string =>
  text.slice(0, start) + ' '.repeat(length) + text.slice(start + length);

/**
 * R10: "bed 4", "side room 2", "the pt in bay C", initials beside a patient word. Each is somebody whom the reader has to guess.
 * A letter belongs to a place only behind a space, and never to "SR": "src" and "cubed" are words, "Sr A Jones" is a sister.
 * A place that is only a place ("bed 4 is clean") is asked about too: a question too many costs one tap.
 */
const places =
  /\b(?:(?:bed|side[ -]?room|s\/?r|bay|cubicle|cube|resus|trolley|chair)\s*(?:no\.?\s*)?\d{1,3}[a-z]?|(?:bed|side[ -]?room|bay|cubicle|cube|resus|trolley|chair)\s+[a-h]\d{0,2})\b(?:\s*(?:pt|patient|lady|man|gentleman|woman|boy|girl|chap)\b)?/gi;
const persons =
  /\b(?:pt|patient|lady|gentleman|chap|boy|girl)\s+(?:in|from|on|with initials)\s+(?:bed|bay|side[ -]?room|ward|s\/?r|resus|cubicle)?\s*[\w.]{1,6}\b|\b(?:mr|mrs|ms|miss|mx)\.?\s+\p{Lu}\b\.?|\b(?:pt|patient)\s+\p{Lu}\.?\s?\p{Lu}\.?(?=\s|[,.;:!?)]|$)/giu;

function unlinked(text: string): Finding[] {
  const found = [
    ...matches('unlinked-patient', text, persons, false),
    ...matches('unlinked-patient', text, places, false),
  ];
  const sorted = found.sort((a, b) => a.start - b.start || b.end - a.end);
  return sorted.filter((one, at) => !sorted.slice(0, at).some((other) => one.start < other.end));
}
