/** R37: a date of birth together with a full name. Appointments have dates too: the words around a date say what it is. */
export type Stretch = { start: number; end: number };

const months =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const month = new RegExp(`^(?:${months})$`, 'i');
const date = new RegExp(
  `\\b(?:(?<day>\\d{1,2})(?:st|nd|rd|th)?(?:\\s{1,4}of\\b)?[\\s./-]{0,4}(?:(?:${months})[\\s.,/-]{0,4}|\\d{1,2}[\\s.,/-]{1,4})['’]?(?<year>\\d{4}|\\d{2})` +
    `|(?:${months})\\s{1,4}(?<dayLate>\\d{1,2})(?:st|nd|rd|th)?[\\s,]{1,4}(?<yearLate>\\d{4})` +
    `|(?<yearFirst>\\d{4})[-/.](?<monthIso>\\d{2})[-/.](?<dayIso>\\d{2}))\\b`,
  'gi',
);
/** "dob 12031954", "dob 120354": without a mark only where it is called a date of birth. */
const bare = /\b(?<day>\d{2})\d{2}(?<year>\d{4}|\d{2})\b/g;

/** "SMITH, John", or two or three words in a row that begin with a capital, in one line. */
const fullName =
  /\b\p{Lu}[\p{L}'’-]{1,40},[ \t]{1,4}\p{Lu}[\p{L}'’-]{1,40}|\b\p{Lu}[\p{L}'’-]{1,40}(?:[ \t]{1,4}\p{Lu}[\p{L}'’-]{1,40}){1,2}/gu;

/** Words that begin with a capital and are nobody's name. */
const notNames =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?$|^(?:mon|tue|wed|thu|fri|sat|sun)$|^(?:ward|bay|bed|side|room|clinic|theatre|unit|team|born|dob|date|birth|of|the|please|pls|can|could|who|what|when|where|is|seen|new|old|day|night|nhs|icu|itu|amu|ed|a&e|ct|mri|iv|po|dr|mr|mrs|ms|miss|mx|sr|sister|professor|prof|consultant|registrar|nurse|surgery|medicine|general|hospital|london|name|patient|pt|hi|hello|dear|thanks|re|for|and|with|review|chase|see|scan|bloods|has|was|this|that|from|to|in|on|at|hb|crp|inr|news|gcs|uti|nof|aki|ecg|cxr|echo)$/i;
/** Words of offices and papers: a row of capitals with one of them is no person. */
const ofAnOffice =
  /^(?:guidelines?|guidance|policy|policies|pathway|protocol|procedure|review|audit|version|form|minutes|committee|board|group|meeting|report|inspection|trust|council|college|university|street|road|avenue|house|wing|royal|control|infection|training|course|conference|study|trial|programme|project|act|regulations?|alert|notice|bulletin|newsletter|strategy|plan|chart|update|standards?|framework|directive|assessment|service|services|department|directorate|division|network|society|association|foundation|charity|school|launch|launched|award|awards|certificate|certificates|safety|fire|annual)$/i;
const ofStaff =
  /(?:\b(?:dr|doctor|prof|professor|sister|sr|matron|nurse|consultant|registrar|surgeon|chaplain)\.?[ \t]+)$/i;
const staffTitle = /^(?:dr|prof|professor|sister|sr|matron|nurse|consultant|registrar)\.?$/i;

/** What makes a date the one of something else. */
const ofSomethingElse =
  /\b(?:since|until|till|from|by|on|after|before|dated|seen|starts?|started|starting|joins|joined|appointed|retire[sd]?|left|leaves|admitted|discharged|due|reviewed|updated|issued|expires?|expiry|exp|version|valid|qualified|employed|lecture|inspection|minutes|photo|op|operation|scan|clinic|last|next)\s*[:(]?\s*(?:on\s+|the\s+)?$/i;

const birth = '(?:d\\.?\\s?o\\.?\\s?b\\b\\.?|born\\b(?:\\s+on\\b)?|(?:date\\s+of\\s+birth|birth\\s*date|birthday)\\b)';
const birthBefore = new RegExp(`\\b${birth}[\\s:;,.(=-]*(?:(?:is|was|on|the|her|his)\\s+){0,2}$`, 'i');

type Dated = { index: number; length: number; said: boolean };
type Named = { index: number; length: number };

export function bornAndName(text: string, now: number): Stretch | undefined {
  const thisYear = new Date(now).getFullYear();
  const dates = datesIn(text, thisYear);
  if (dates.length === 0) return undefined;
  const outside = blanked(text, dates);
  const said = dates.find((each) => each.said);
  const full = [...outside.matchAll(fullName)].filter((match) => isName(match[0], said !== undefined));
  const patients = full.filter(
    ({ index }) => said !== undefined || !ofStaff.test(outside.slice(Math.max(0, index - 14), index)),
  );
  const names: Named[] = patients.map((match) => ({ index: match.index, length: match[0].length }));
  if (said) names.push(...shortNames(outside));
  const [name, born] = [names[0], said ?? dates[0]];
  if (!name || !born) return undefined;
  return {
    start: Math.min(name.index, born.index),
    end: Math.max(name.index + name.length, born.index + born.length),
  };
}

function datesIn(text: string, thisYear: number): Dated[] {
  const spelt = [...text.matchAll(date)].filter((match) => couldBeBirth(match, thisYear));
  const all = spelt.map((match) => ({ match, said: saysBirth(text, match.index) }));
  const undivided = [...text.matchAll(bare)].filter(
    (match) => couldBeBirth(match, thisYear) && saysBirth(text, match.index),
  );
  return [...all, ...undivided.map((match) => ({ match, said: true }))]
    .filter(({ match, said }) => said || !ofSomethingElse.test(text.slice(Math.max(0, match.index - 24), match.index)))
    .map(({ match, said }) => ({ index: match.index, length: match[0].length, said }));
}

/** The date is called one of birth by the words before it. */
const saysBirth = (text: string, index: number): boolean =>
  birthBefore.test(text.slice(Math.max(0, index - 40), index));

/** "J. Smith", "Smith J", and what stands straight before the word: "Smith DOB", "john smith dob". */
const initialed =
  /\b(?:\p{Lu}\.?[ \t]?){1,3}[ \t]?\p{Lu}[\p{L}'’-]{1,40}|\b\p{Lu}[\p{L}'’-]{1,40},?[ \t]{1,4}\p{Lu}\b\.?/gu;
const beforeBirth = new RegExp(`\\b([\\p{L}'’-]{2,40}(?:[ \\t]{1,4}[\\p{L}'’-]{2,40})?)[\\s,;:(-]{1,6}${birth}`, 'giu');
const nobody =
  /^(?:and|or|with|her|his|their|my|your|a|an|same|patient|pts?|lady|man|woman|boy|girl|baby|child|check|checked|confirm|confirmed|correct|wrong|no|not|need|needs|ask|asked|name|number|address|full|was|were|by|for|in|on|at|to|has|have|had|this|that|he|she|they|give|given|missing|those|people|anybody|anyone|everybody|everyone|staff|colleagues)$/i;

function shortNames(text: string): Named[] {
  const called = (words: string) => words.split(/[\s,.]+/).some((word) => word.length > 1 && !isWord(word));
  const initials = [...text.matchAll(initialed)].filter(({ 0: words }) => called(words));
  const before = [...text.matchAll(beforeBirth)].flatMap(({ 1: words = '', index }) => {
    const all = words.split(/[ \t]+/);
    const likely = all.filter((word) => !isWord(word));
    const capital = likely.some((word) => /^\p{Lu}/u.test(word));
    if (!capital) return likely.length === 2 ? [{ index, length: words.length }] : [];
    const from = words.search(/\b\p{Lu}/u);
    return [{ index: index + from, length: words.length - from }];
  });
  const short = initials.map((match) => ({ index: match.index, length: match[0].length }));
  return [...short, ...before].sort((a, b) => a.index - b.index);
}

const isWord = (word: string): boolean => notNames.test(word) || nobody.test(word) || month.test(word);

function isName(words: string, said: boolean): boolean {
  const all = words.split(/[\s,]+/);
  if (!said && all.some((word) => ofAnOffice.test(word) || staffTitle.test(word))) return false;
  return all.filter((word) => !notNames.test(word) && !month.test(word)).length >= 2;
}

function couldBeBirth({ groups = {} }: RegExpMatchArray, thisYear: number): boolean {
  const written = Number(groups['year'] ?? groups['yearLate'] ?? groups['yearFirst']);
  const year = written < 100 ? (written <= thisYear % 100 ? 2000 : 1900) + written : written;
  if (year < 1895 || year >= thisYear) return false;
  const day = Number(groups['day'] ?? groups['dayLate'] ?? groups['dayIso']);
  return day >= 1 && day <= 31 && Number(groups['monthIso'] ?? 1) <= 12;
}

/** Spaces where the dates stand. */
function blanked(text: string, dates: readonly Dated[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { index, length } of [...dates].sort((a, b) => a.index - b.index)) {
    if (index < at) continue;
    parts.push(text.slice(at, index), ' '.repeat(length));
    at = index + length;
  }
  return parts.join('') + text.slice(at);
}
