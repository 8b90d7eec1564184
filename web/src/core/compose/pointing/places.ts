/** Places where one patient lies: "bed 4", "side room 2", "majors 11". The rest of the sentence says whether somebody is meant or the place. */
import type { Stretch } from '../born.ts';
import { hasValue, type Sentence } from './sentence.ts';
import * as of from './words.ts';

export const roomWords = /^(?:room|rm)$/;
/** Before a place. */
export const inPlace = /^(?:in|on|from|at|opposite|near|beside|outside|next|by)$/;

const numerals =
  /^(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen)$/;

/** A place with its number: where its name begins, and where its number ends. */
type Named = { first: number; last: number };

/** "bed 4", "Side-room 2b", "s/r 3", "bed no. 12", "bed four", "bay C", "bed A2"; only `names`. */
export function placeAt(sentence: Sentence, at: number, names: ReadonlySet<string>): Named | undefined {
  let name = at;
  let word = sentence.word(at);
  if (word === 'side' || word === 'siide') {
    name = sentence.word(at + 1) === '-' ? at + 2 : at + 1;
    if (!roomWords.test(sentence.word(name))) return undefined;
    word = 'sr';
  } else if (word === 'sideroom') word = 'sr';
  else if (word === 's' && sentence.word(at + 1) === '/' && sentence.word(at + 2) === 'r')
    [name, word] = [at + 2, 'sr'];
  else if (word === 'b' && isShortBed(sentence, at)) word = 'bed';
  if (!names.has(word)) return undefined;
  let number = name + 1;
  if (
    /^(?:no|num|number|space)$/.test(sentence.word(number)) &&
    (sentence.isNumber(number + 1) || sentence.word(number + 1) === '.')
  )
    number += 1;
  while (/^[.#:-]$/.test(sentence.word(number)) && number < name + 4) number += 1;
  const last = numbered(sentence, number, word);
  return last === undefined ? undefined : { first: at, last };
}

/** "b6 sats 82", "w12 b3 chest pain": the letter only where it is written with the number, at the beginning or behind a ward. */
function isShortBed(sentence: Sentence, at: number): boolean {
  if (sentence.at(at)?.glued || !sentence.at(at + 1)?.glued || !/^\d{1,2}$/.test(sentence.at(at + 1)?.raw ?? ''))
    return false;
  if (at > 0) return /^(?:w|wd|ward)$/.test(sentence.word(at - 2)) && sentence.care > 0;
  return sentence.within(2, 2, (next) => of.measures.has(sentence.word(next)) && hasValue(sentence, next));
}

/** Where the number, or the letter, of a place ends. */
function numbered(sentence: Sentence, at: number, name: string): number | undefined {
  const token = sentence.at(at);
  const next = sentence.at(at + 1);
  if (!token) return undefined;
  if (token.kind === 'number') {
    if (token.raw.length > 3) return undefined;
    // "SR 4.12", "room 3.14": no bed.
    if (next?.glued && next.word === '.' && sentence.at(at + 2)?.glued && sentence.isNumber(at + 2)) return undefined;
    return next?.glued && /^[a-h]$/.test(next.word) ? at + 1 : at;
  }
  if (token.kind !== 'word' || token.glued) return undefined;
  if (numerals.test(token.word)) return at;
  const letter = name === 'sr' ? false : /^[A-H]$/.test(token.raw) || /^[b-h]$/.test(token.raw);
  if (
    !letter ||
    (token.raw === 'A' && /^\p{L}/u.test(next?.raw ?? '') && next?.raw === next?.word && isArticleUse(next?.word))
  )
    return undefined;
  return next?.glued && next.kind === 'number' ? at + 1 : at;
}

/** After "A": "bed A bit further". */
const isArticleUse = (word: string | undefined): boolean => /^(?:bit|few|lot|little|new)$/.test(word ?? '');

/** What is said of the place itself: "bed 5 is now free", "is bed 5 clean yet". */
function isSettled(sentence: Sentence, { first, last }: Named): boolean {
  const linking =
    /^(?:is|are|was|now|still|has|have|been|will|be|should|just|already|also|all|not|yet|being|getting|the|space|and|both|looks|ready|currently|fully|deep|under|properly|room|,|-|:|–|going|to|gone)$/;
  for (let at = last + 1; at <= last + 6; at += 1) {
    const word = sentence.word(at);
    if (of.settled.has(word) && !sentence.isOfPeople(at)) return !isBodily(sentence, at);
    if (!linking.test(word) && !of.wards.has(word)) break;
  }
  // "bed 9 is now a male bed"
  const kind = sentence.within(
    last + 1,
    5,
    (at) =>
      /^(?:bed|bay|space)$/.test(sentence.word(at)) &&
      !sentence.isNumber(at + 1) &&
      !/^(?:pan|bath|rest|side|sore|number|by|bound)$/.test(sentence.word(at + 1)),
  );
  if (kind && sentence.care === 0) return true;
  return /^(?:clean|strip|free|empty|close|open|restock|book|block|reopen|fumigate|fog)$/.test(
    sentence.word(first - 1),
  );
}

/** "bed 4 free fluid", "closed fracture". */
const isBodily = (sentence: Sentence, at: number): boolean =>
  /^(?:fluid|air|fracture|t4|t|reduction|hernia|wound|head|bowels|bowel|surgery|abdomen)$/.test(sentence.word(at + 1));

const plurals = /^(?:and|or|to|-|–|&|\/|,)$/;

/** "bed 4 needs fluids", "sr2 again", "cubicle 8": somebody, unless the sentence speaks of the place. */
export function aSpot(sentence: Sentence, at: number): Stretch[] {
  const place = placeAt(sentence, at, of.spots);
  if (!place || isInside(sentence, at)) return [];
  const { first, last } = place;
  const name = sentence.word(at);
  // "40 mg bd 7 days"
  if (name === 'bd' && (at > 0 || /^(?:day|days|d|week|weeks|doses|\/)$/.test(sentence.word(last + 1)))) return [];
  if (name === 'bed' && /^(?:bay|bays|ward|unit|hub|beds|days|spaces)$/.test(sentence.word(last + 1))) return [];
  if ((name === 'sr' || name === 'pod' || name === 'cub') && !sentence.isNumber(last) && !sentence.isNumber(last - 1))
    return [];
  if (/^(?:trolley|chair|pod)$/.test(name) && sentence.care + sentence.faint + (sentence.somebody ? 1 : 0) === 0)
    return [];
  if (isSettled(sentence, place) && !saysPersonNear(sentence, place)) return [];
  const speaks = sentence.care + sentence.faint * 0.5 + (sentence.somebody ? 2 : 0);
  if (sentence.kit > speaks) return [];
  if (isMine(sentence, first)) return [];
  // "the student in cubicle 3"
  const colleague = sentence.within(Math.max(0, first - 3), Math.min(first, 3), (before) =>
    of.staff.has(sentence.word(before)),
  );
  if (colleague && inPlace.test(sentence.word(first - 1)) && sentence.care === 0) return [];
  // "need bed 3 by six"
  const taken = /^(?:need|use|using|take|offer|allocate|allocated|hold|reserve|reserved|keep|given|have)$/.test(
    sentence.word(first - 1),
  );
  if (taken && speaks === 0) return [];
  return sentence.stretch(first, withPerson(sentence, last));
}

/** "beds 5 and 6 both scored 7": two of them, with something that is said of patients. */
export function someBeds(sentence: Sentence, at: number): Stretch[] {
  if (!sentence.isNumber(at + 1)) return [];
  const joined = /^(?:and|&|\+|,)$/.test(sentence.word(at + 2)) && sentence.isNumber(at + 3);
  return joined && sentence.care > 0 && sentence.kit === 0 ? sentence.stretch(at, at + 3) : [];
}

/** The "room" of "side room", the "r" of "s/r". */
const isInside = (sentence: Sentence, at: number): boolean =>
  (roomWords.test(sentence.word(at)) &&
    /^(?:side|-)$/.test(sentence.word(at - 1)) &&
    sentence.word(at - 1) === 'side') ||
  (sentence.word(at) === 'r' && sentence.word(at - 1) === '/');

/** A person straight before or after a place: "gent in bed 1", "bed 1 pt". */
const saysPersonNear = (sentence: Sentence, { first, last }: Named): boolean =>
  sentence.within(Math.max(0, first - 4), Math.min(first, 4), (at) => sentence.isPerson(at)) ||
  sentence.isPerson(last + 1);

/** "I'm in bay 3", "meet me in room 2", "we are in sr 4". */
const isMine = (sentence: Sentence, first: number): boolean =>
  sentence.within(Math.max(0, first - 4), Math.min(first, 4), (at) =>
    /^(?:i|i'm|im|me|we|we're|us|i'll|meet)$/.test(sentence.word(at)),
  ) && /^(?:in|at|by|to|outside|near)$/.test(sentence.word(first - 1));

const withPerson = (sentence: Sentence, last: number): number => (sentence.isPerson(last + 1) ? last + 1 : last);

/** "majors 11 suicidal", "theatre 4 pt", "ITU 4 on norad 0.3": only with somebody in it. */
export function anArea(sentence: Sentence, at: number): Stretch[] {
  const place = placeAt(sentence, at, of.areas);
  if (!place || sentence.word(at - 1) === 'side' || (sentence.word(at - 1) === '-' && sentence.word(at - 2) === 'side'))
    return [];
  const { first, last } = place;
  const next = sentence.word(last + 1);
  if (plurals.test(next) && sentence.isNumber(last + 2) && sentence.care === 0) return [];
  if (sentence.isPerson(last + 1)) return sentence.stretch(first, last + 1);
  if (
    isMine(sentence, first) ||
    isSettled(sentence, place) ||
    /^(?:list|lists|nurse|team|staff|ventilator)$/.test(next)
  )
    return [];
  const speaks = sentence.care;
  if (speaks === 0 || sentence.kit >= speaks || sentence.staff > 0) return [];
  return sentence.stretch(first, last);
}
