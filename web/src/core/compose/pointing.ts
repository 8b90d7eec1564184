/**
 * R10: talk that points at one patient whom the reader has to guess. Not a list of phrases but a small grammar: a place for one patient
 * ("bed 4"), a person who is pointed at ("the lady in bay C", "my pt"), an age with a sex ("79F"), initials ("JS in resus") or a title
 * ("Mrs J.") with something that is only said of a patient, and "his sats are 80". The other words of the sentence decide whether a place,
 * a colleague or a thing is meant: "bed 4 is clean", "AK is on nights".
 *
 * Invariants: every rule looks at a bounded number of tokens around one, so that the work is linear; what is found does not overlap.
 */
import type { Stretch } from './born.ts';
import * as of from './pointingWords.ts';
import { sentences, type Token } from './tokens.ts';

/** More than anybody will be asked about. */
const enough = 20;

export function pointersIn(text: string): Stretch[] {
  const all = sentences(text);
  const shouted = isShouted(all);
  const found: Stretch[] = [];
  for (const tokens of all) {
    if (found.length >= enough) break;
    found.push(...inSentence(new Sentence(tokens, shouted)));
  }
  return withoutOverlaps(found);
}

/** In a text that is all capitals, two capitals are no initials. */
function isShouted(all: readonly Token[][]): boolean {
  let [small, capital] = [0, 0];
  for (const tokens of all) {
    for (const { kind, raw, word } of tokens) {
      if (kind !== 'word') continue;
      if (raw === word) small += raw.length;
      else if (raw.toUpperCase() === raw) capital += raw.length;
      else small += raw.length - 1;
    }
  }
  return capital > 6 && capital > small;
}

function withoutOverlaps(found: Stretch[]): Stretch[] {
  const kept: Stretch[] = [];
  for (const one of found.sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  }
  return kept;
}

/** One sentence, and what its words speak of. */
class Sentence {
  readonly tokens: readonly Token[];
  readonly shouted: boolean;
  /** Words that are said of an ill person; of anybody or anything; of a place or thing; of people at work. */
  readonly care: number;
  readonly faint: number;
  readonly kit: number;
  readonly staff: number;
  readonly somebody: boolean;
  /** A ward or a department is named. */
  readonly setting: boolean;
  /** It speaks of what is done for everybody, or of a colleague who is away. */
  readonly general: boolean;
  readonly absence: boolean;

  readonly #care: boolean[];

  constructor(tokens: readonly Token[], shouted: boolean) {
    this.tokens = tokens;
    this.shouted = shouted;
    this.#care = tokens.map((_, at) => this.#saysCare(at));
    let [care, faint, kit, staff] = [0, 0, 0, 0];
    let [somebody, setting] = [false, false];
    tokens.forEach(({ word }, at) => {
      if (this.isCare(at)) care += 1;
      else if (of.faint.has(word)) faint += 1;
      if (this.isKit(at)) kit += 1;
      if (of.staff.has(word) && !this.isCare(at) && (word !== 'it' || tokens[at]?.raw === 'IT')) staff += 1;
      if (this.isPerson(at) || of.pronouns.has(word) || of.relatives.has(bare(word))) somebody = true;
      if (of.wards.has(word) || of.areas.has(word)) setting = true;
    });
    [this.care, this.faint, this.kit, this.staff] = [care, faint, kit, staff];
    [this.somebody, this.setting] = [somebody, setting];
    this.general = tokens.some(({ word }) => ofEverybody.has(word));
    this.absence = tokens.some((_, at) => this.isAbsence(at));
  }

  at(place: number): Token | undefined {
    return this.tokens[place];
  }

  word(place: number): string {
    return this.tokens[place]?.word ?? '';
  }

  isNumber(place: number): boolean {
    return this.tokens[place]?.kind === 'number';
  }

  /** Something that is said of a patient and, by itself, of nothing else. */
  isCare(at: number): boolean {
    return this.#care[at] === true;
  }

  #saysCare(at: number): boolean {
    if (this.tokens[at]?.kind === 'mark') return false;
    const word = bare(this.word(at));
    if (of.measures.has(word)) return word.length > 2 || hasValue(this, at);
    // "?torsion"
    const asked = this.word(at - 1) === '?' && this.at(at)?.glued === true && this.at(at - 1)?.glued !== true && word.length > 1;
    return asked || (of.care.has(word) && !of.faint.has(word)) || (word.length > 6 && of.clinical.test(word));
  }

  /** "ready for theatre", "when you are free": not of a place. */
  isOfPeople(at: number): boolean {
    const [word, next] = [this.word(at), this.word(at + 1)];
    if (word === 'ready') return next === 'for' || next === 'to';
    // "on the phone"; "when you are free".
    if (word === 'phone') return this.word(at - 1) === 'the';
    return /^(?:free|available)$/.test(word) && this.within(Math.max(0, at - 3), Math.min(3, at), (one) => /^(?:when|if|you|u|ur|you're|youre|anyone|someone|anybody|somebody)$/.test(this.word(one)));
  }

  isKit(at: number): boolean {
    // "otoscope missing", but not "bed 7 missing".
    if (this.word(at) === 'missing') return this.at(at - 1)?.kind === 'word' && !this.isPerson(at - 1) && !/^(?:is|gone|was|went)$/.test(this.word(at - 1));
    if (this.word(at) === 'broken' && this.within(at + 1, 2, (next) => this.isCare(next))) return false;
    return of.kit.has(this.word(at)) && !this.isOfPeople(at);
  }

  isPerson(at: number): boolean {
    const word = bare(this.word(at));
    // "OT and PT on the ward"
    const physio = this.at(at)?.raw === 'PT' && this.within(Math.max(0, at - 2), 5, (one) => this.word(one) === 'ot');
    if (of.patients.has(word)) return !physio && !this.isCompound(at);
    return of.people.has(word) && word !== 'one' && word !== 'dear' && !this.isColleague(at);
  }

  /** "patient transport", "pt's notes". */
  isCompound(at: number): boolean {
    return of.compounds.has(this.word(at + (this.word(at + 1) === '-' ? 2 : 1)));
  }

  /** "the man from estates", "the lady in HR". */
  isColleague(at: number): boolean {
    for (let next = at + 1; next <= at + 2; next += 1) {
      if (!/^(?:from|in|at|on|with)$/.test(this.word(next))) continue;
      const article = this.word(next + 1) === 'the' ? 2 : 1;
      return of.staff.has(this.word(next + article));
    }
    return of.staff.has(this.word(at + 1));
  }

  isAbsence(at: number): boolean {
    const [word, next] = [this.word(at), this.word(at + 1)];
    return ofAbsence.has(word) || (word === 'off' && /^(?:for|sick|until|till|today|tomorrow|tonight|work|next)$/.test(next));
  }

  /** Whether `test` takes one of `reach` places from `from` on. */
  within(from: number, reach: number, test: (at: number) => boolean): boolean {
    for (let at = from; at < Math.min(from + reach, this.tokens.length); at += 1) if (test(at)) return true;
    return false;
  }

  stretch(first: number, last: number): Stretch[] {
    const [from, to] = [this.tokens[first], this.tokens[last]];
    return from && to ? [{ start: from.start, end: to.end }] : [];
  }
}

const ofEverybody = new Set(
  'must should always never policy protocol guideline guidance remember ensure audit training survey'.split(' '),
);
/** "she was vomiting all night and won't be in": a colleague. */
const ofAbsence = new Set(
  "shift nights cover covering leave rota swap sick won't wont rang childminder school kids husband wife".split(' '),
);

const bare = (word: string): string => (word.endsWith("'s") ? word.slice(0, -2) : word);

/** "K 6.1", "temp is 39", "bp: 80": a number within three tokens. */
function hasValue(sentence: Sentence, at: number): boolean {
  return sentence.within(at + 1, 3, (next) => sentence.isNumber(next));
}

type Rule = (sentence: Sentence, at: number) => Stretch[];

/** The rules that a word may begin, so that most words begin none. */
function rulesFor({ kind, raw, word }: Token): readonly Rule[] {
  if (kind === 'number') return [anAge];
  if (kind === 'mark') return of.sexes.has(word) ? [aSexWithAge] : [];
  const called = bare(word);
  const rules: Rule[] = [];
  if (of.spots.has(word) || /^(?:side|siide|s|b)$/.test(word)) rules.push(aSpot);
  if (of.areas.has(word)) rules.push(anArea);
  if (of.patients.has(called) || of.people.has(called)) rules.push(aPerson);
  if (of.pronouns.has(word)) rules.push(aPronoun);
  if (of.conditions.has(word) || (word.length > 6 && operations.test(word))) rules.push(aCondition);
  if ((raw.length <= 5 && raw !== word) || word.length === 2) rules.push(someInitials);
  if (word.length === 1) rules.push(aSexWithAge, aPregnancy, aLetteredBed);
  if (/^(?:beds|bds|cots|cubicles|siderooms)$/.test(word)) rules.push(someBeds);
  if (/^(?:mr|mrs|ms|miss|mx|master)$/.test(word)) rules.push(aTitle);
  if (/^(?:patients|pts)$/.test(word)) rules.push(oneOfThem);
  return rules;
}

function inSentence(sentence: Sentence): Stretch[] {
  const found: Stretch[] = [];
  for (const [at, token] of sentence.tokens.entries()) {
    if (found.length >= enough) break;
    for (const rule of rulesFor(token)) found.push(...rule(sentence, at));
  }
  return found;
}

const numerals = /^(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen)$/;
const roomWords = /^(?:room|rm)$/;

/** A place with its number: where its name begins, and where its number ends. */
type Named = { first: number; last: number };

/** "bed 4", "Side-room 2b", "s/r 3", "bed no. 12", "bed four", "bay C", "bed A2"; only `names`. */
function placeAt(sentence: Sentence, at: number, names: ReadonlySet<string>): Named | undefined {
  let name = at;
  let word = sentence.word(at);
  if (word === 'side' || word === 'siide') {
    name = sentence.word(at + 1) === '-' ? at + 2 : at + 1;
    if (!roomWords.test(sentence.word(name))) return undefined;
    word = 'sr';
  } else if (word === 'sideroom') word = 'sr';
  else if (word === 's' && sentence.word(at + 1) === '/' && sentence.word(at + 2) === 'r') [name, word] = [at + 2, 'sr'];
  else if (word === 'b' && isShortBed(sentence, at)) word = 'bed';
  if (!names.has(word)) return undefined;
  let number = name + 1;
  if (/^(?:no|num|number|space)$/.test(sentence.word(number)) && (sentence.isNumber(number + 1) || sentence.word(number + 1) === '.'))
    number += 1;
  while (/^[.#:-]$/.test(sentence.word(number)) && number < name + 4) number += 1;
  const last = numbered(sentence, number, word);
  return last === undefined ? undefined : { first: at, last };
}

/** "b6 sats 82", "w12 b3 chest pain": the letter only where it is written with the number, at the beginning or behind a ward. */
function isShortBed(sentence: Sentence, at: number): boolean {
  if (sentence.at(at)?.glued || !sentence.at(at + 1)?.glued || !/^\d{1,2}$/.test(sentence.at(at + 1)?.raw ?? '')) return false;
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
  if (!letter || (token.raw === 'A' && /^\p{L}/u.test(next?.raw ?? '') && next?.raw === next?.word && isArticleUse(next?.word)))
    return undefined;
  return next?.glued && next.kind === 'number' ? at + 1 : at;
}

/** After "A": "bed A bit further". */
const isArticleUse = (word: string | undefined): boolean => /^(?:bit|few|lot|little|new)$/.test(word ?? '');

/** What is said of the place itself: "bed 5 is now free", "is bed 5 clean yet". */
function isSettled(sentence: Sentence, { first, last }: Named): boolean {
  const linking = /^(?:is|are|was|now|still|has|have|been|will|be|should|just|already|also|all|not|yet|being|getting|the|space|and|both|looks|ready|currently|fully|deep|under|properly|room|,|-|:|–|going|to|gone)$/;
  for (let at = last + 1; at <= last + 6; at += 1) {
    const word = sentence.word(at);
    if (of.settled.has(word) && !sentence.isOfPeople(at)) return !isBodily(sentence, at);
    if (!linking.test(word) && !of.wards.has(word)) break;
  }
  // "bed 9 is now a male bed"
  const kind = sentence.within(last + 1, 5, (at) => /^(?:bed|bay|space)$/.test(sentence.word(at)) && !sentence.isNumber(at + 1) && !/^(?:pan|bath|rest|side|sore|number|by|bound)$/.test(sentence.word(at + 1)));
  if (kind && sentence.care === 0) return true;
  return /^(?:clean|strip|free|empty|close|open|restock|book|block|reopen|fumigate|fog)$/.test(sentence.word(first - 1));
}

/** "bed 4 free fluid", "closed fracture". */
const isBodily = (sentence: Sentence, at: number): boolean =>
  /^(?:fluid|air|fracture|t4|t|reduction|hernia|wound|head|bowels|bowel|surgery|abdomen)$/.test(sentence.word(at + 1));

const plurals = /^(?:and|or|to|-|–|&|\/|,)$/;

/** "bed 4 needs fluids", "sr2 again", "cubicle 8": somebody, unless the sentence speaks of the place. */
function aSpot(sentence: Sentence, at: number): Stretch[] {
  const place = placeAt(sentence, at, of.spots);
  if (!place || isInside(sentence, at)) return [];
  const { first, last } = place;
  const name = sentence.word(at);
  // "40 mg bd 7 days"
  if (name === 'bd' && (at > 0 || /^(?:day|days|d|week|weeks|doses|\/)$/.test(sentence.word(last + 1)))) return [];
  if (name === 'bed' && /^(?:bay|bays|ward|unit|hub|beds|days|spaces)$/.test(sentence.word(last + 1))) return [];
  if ((name === 'sr' || name === 'pod' || name === 'cub') && !sentence.isNumber(last) && !sentence.isNumber(last - 1)) return [];
  if (/^(?:trolley|chair|pod)$/.test(name) && sentence.care + (sentence.somebody ? 1 : 0) === 0) return [];
  if (isSettled(sentence, place) && !saysPersonNear(sentence, place)) return [];
  const speaks = sentence.care + sentence.faint * 0.5 + (sentence.somebody ? 2 : 0);
  if (sentence.kit > speaks) return [];
  if (isMine(sentence, first)) return [];
  // "the student in cubicle 3"
  const colleague = sentence.within(Math.max(0, first - 3), Math.min(first, 3), (before) => of.staff.has(sentence.word(before)));
  if (colleague && inPlace.test(sentence.word(first - 1)) && sentence.care === 0) return [];
  // "need bed 3 by six"
  const taken = /^(?:need|use|using|take|offer|allocate|allocated|hold|reserve|reserved|keep|given|have)$/.test(sentence.word(first - 1));
  if (taken && speaks === 0) return [];
  return sentence.stretch(first, withPerson(sentence, last));
}

/** "beds 5 and 6 both scored 7": two of them, with something that is said of patients. */
function someBeds(sentence: Sentence, at: number): Stretch[] {
  if (!sentence.isNumber(at + 1)) return [];
  const joined = /^(?:and|&|\+|,)$/.test(sentence.word(at + 2)) && sentence.isNumber(at + 3);
  return joined && sentence.care > 0 && sentence.kit === 0 ? sentence.stretch(at, at + 3) : [];
}

/** The "room" of "side room", the "r" of "s/r". */
const isInside = (sentence: Sentence, at: number): boolean =>
  (roomWords.test(sentence.word(at)) && /^(?:side|-)$/.test(sentence.word(at - 1)) && sentence.word(at - 1) === 'side') ||
  (sentence.word(at) === 'r' && sentence.word(at - 1) === '/');

/** A person straight before or after a place: "gent in bed 1", "bed 1 pt". */
const saysPersonNear = (sentence: Sentence, { first, last }: Named): boolean =>
  sentence.within(Math.max(0, first - 4), Math.min(first, 4), (at) => sentence.isPerson(at)) || sentence.isPerson(last + 1);

/** "I'm in bay 3", "meet me in room 2", "we are in sr 4". */
const isMine = (sentence: Sentence, first: number): boolean =>
  sentence.within(Math.max(0, first - 4), Math.min(first, 4), (at) => /^(?:i|i'm|im|me|we|we're|us|i'll|meet)$/.test(sentence.word(at))) &&
  /^(?:in|at|by|to|outside|near)$/.test(sentence.word(first - 1));

const withPerson = (sentence: Sentence, last: number): number => (sentence.isPerson(last + 1) ? last + 1 : last);

/** "majors 11 suicidal", "theatre 4 pt", "ITU 4 on norad 0.3": only with somebody in it. */
function anArea(sentence: Sentence, at: number): Stretch[] {
  const place = placeAt(sentence, at, of.areas);
  if (!place || sentence.word(at - 1) === 'side' || (sentence.word(at - 1) === '-' && sentence.word(at - 2) === 'side')) return [];
  const { first, last } = place;
  const next = sentence.word(last + 1);
  if (plurals.test(next) && sentence.isNumber(last + 2) && sentence.care === 0) return [];
  if (sentence.isPerson(last + 1)) return sentence.stretch(first, last + 1);
  if (isMine(sentence, first) || isSettled(sentence, place) || /^(?:list|lists|nurse|team|staff|ventilator)$/.test(next)) return [];
  const speaks = sentence.care;
  if (speaks === 0 || sentence.kit >= speaks || sentence.staff > 0) return [];
  return sentence.stretch(first, last);
}

const preposition = /^(?:w|in|on|from|at|with|by|next|opposite|near|beside|outside|under|behind|who|whose|that|we|you|i|having|awaiting|waiting|for)$/;
const inPlace = /^(?:in|on|from|at|opposite|near|beside|outside|next|by)$/;
const verb =
  /^(?:is|was|has|had|needs|needed|wants|wanted|isn't|hasn't|wasn't|keeps|got|went|can't|cant|won't|looks|seems|says|reports|complaining|c|requires|remains|became|feels|'s|not|still|now)$/;

/** "the lady in bay C", "my pt on AMU", "that man with the leg ulcer", "pt sats 84%", "this patient's creatinine". */
function aPerson(sentence: Sentence, at: number): Stretch[] {
  if (!sentence.isPerson(at)) return [];
  const word = bare(sentence.word(at));
  const patient = of.patients.has(word);
  const initials = patient && sentence.kit <= sentence.care ? initialsAfter(sentence, at) : undefined;
  if (initials !== undefined) return sentence.stretch(at, initials);
  if (sentence.word(at - 1) === 'my' && /^(?:baby|boy|girl|child|kid|man|lad|toddler)$/.test(word) && !sentence.setting) return [];
  const place = personsPlace(sentence, at);
  if (place?.certain === true && !isAnybody(sentence, at)) return sentence.stretch(at, place.last);
  if (patient && isAnybody(sentence, at)) return [];
  const pointed = isPointed(sentence, at);
  const speaks = sentence.care > 0 || place !== undefined;
  const strong = isStrong(sentence.word(pointerBefore(sentence, at)));
  const found = sentence.stretch(at, place?.last ?? at);
  const next = sentence.word(at + 1);
  if (patient) {
    if (of.relatives.has(bare(next)) && sentence.word(at) !== word) return sentence.stretch(at, at + 1);
    if (pointed) return strong || speaks || verb.test(next) || preposition.test(next) || sentence.faint > 0 ? found : [];
    const owns = sentence.word(at) !== word && next !== '';
    const told = owns || sentence.care > 0 || verb.test(next) || preposition.test(next) || /\p{L}{3,}(?:ing|ed)$/u.test(next);
    return told && sentence.kit <= sentence.care && (beginsClause(sentence, at) || isHad(sentence, at)) ? found : [];
  }
  if (strong && /^(?:lady|gentleman|gent|baby|child)$/.test(word) && sentence.word(pointerBefore(sentence, at)) !== 'my') return found;
  if (sentence.staff > 0 && sentence.care === 0) return [];
  const known = sentence.faint > 0 || (sentence.setting && /^(?:who|with|that|having|we|you)$/.test(next));
  if (pointed) return speaks || (known && (preposition.test(next) || verb.test(next))) ? found : [];
  const told = sentence.care > 0 || ((place !== undefined || next === 'with') && known);
  return told && (preposition.test(next) || sentence.isCare(at + 1)) && !isAnybody(sentence, at) ? found : [];
}

/** "one of my patients has gone missing" */
function oneOfThem(sentence: Sentence, at: number): Stretch[] {
  if (!/^(?:my|our|your|the|these)$/.test(sentence.word(at - 1))) return [];
  return sentence.word(at - 2) === 'of' && sentence.word(at - 3) === 'one' ? sentence.stretch(at - 3, at) : [];
}

/** "I have a patient with", "got another pt", "there's a patient". */
const isHad = (sentence: Sentence, at: number): boolean =>
  /^(?:a|an|one)$/.test(sentence.word(at - 1)) &&
  /^(?:have|got|had|is|there's|theres|'ve|i've|we've|ive|weve|clerked|seen|accepted|accepting|admitting|admitted|reviewed|seeing|is|about|discuss|see|review|take|accept|admit)$/.test(sentence.word(at - 2));

/** "my", "this", "that", "our": of one person, whatever is said. */
const isStrong = (word: string): boolean => /^(?:my|our|this|that|ur)$/.test(word);

/** Where the word that points stands, at most four before; -1 for none. */
function pointerBefore(sentence: Sentence, at: number): number {
  for (let before = at - 1; before >= Math.max(0, at - 5); before -= 1) {
    const word = sentence.word(before);
    if (of.pointers.has(word)) return before;
    if (sentence.at(before)?.kind === 'mark' && !/^[-/#'’]$/.test(word)) return -1;
    if (preposition.test(word) || verb.test(word)) return -1;
  }
  return -1;
}

/** Also "resus lady", "4B pt". */
function isPointed(sentence: Sentence, at: number): boolean {
  const before = sentence.at(at - 1);
  if (!before) return false;
  const named = of.areas.has(before.word) || of.wards.has(before.word);
  const lettered = before.glued && /^[a-h]$/.test(before.word) && sentence.isNumber(at - 2);
  return named || lettered || pointerBefore(sentence, at) >= 0;
}

/** "each patient", "if a patient is hypoxic", "patients must", "a patient should". */
function isAnybody(sentence: Sentence, at: number): boolean {
  const strong = isStrong(sentence.word(pointerBefore(sentence, at)));
  if (sentence.within(Math.max(0, at - 4), Math.min(4, at), (before) => /^(?:each|every|any|all|no|per|if|when|whenever|once|before|after|until)$/.test(sentence.word(before))))
    return !strong;
  return !strong && sentence.general;
}

/** The word stands first, behind a mark, or behind a request: "pls review pt", "for pt". */
const beginsClause = (sentence: Sentence, at: number): boolean =>
  at === 0 ||
  sentence.at(at - 1)?.kind === 'mark' ||
  /^(?:review|see|with|for|hi|re|and|but|op|post-op|postop|elderly|young|female|male|ed|ward|nhs|urgent|fyi|update|pls|please|that|so|as|because|have|got|old|admit|admitted)$/.test(sentence.word(at - 1));

const operations = /(?:ectomy|otomy|ostomy|itis|plasty)$/;

/** "that overdose from last night", "my post-op colectomy has a HR of 140", "the NOF in bay 2": an illness that stands for who has it. */
function aCondition(sentence: Sentence, at: number): Stretch[] {
  const pointer = pointerBefore(sentence, at);
  if (pointer < 0 || of.compounds.has(sentence.word(at + 1))) return [];
  const next = sentence.word(at + 1);
  if (sentence.kit > 0 || sentence.staff > 0 || isAnybody(sentence, at)) return [];
  if (/^(?:in|on|from|at)$/.test(next)) {
    const place = personsPlace(sentence, at);
    const met = /^(?:last|yesterday|yesterday's|overnight|this|earlier|clinic|theatre|gp)$/.test(sentence.word(at + 2));
    const told = sentence.within(at + 2, 8, (each) => sentence.isCare(each));
    return place !== undefined || met || told ? sentence.stretch(pointer, place?.last ?? at) : [];
  }
  return verb.test(next) && sentence.within(at + 2, 6, (each) => sentence.isCare(each)) ? sentence.stretch(pointer, at) : [];
}

/** "C3 is more confused": a bed by its letter and number, with something that is said of a patient. */
function aLetteredBed(sentence: Sentence, at: number): Stretch[] {
  const [letter, number] = [sentence.at(at), sentence.at(at + 1)];
  if (at > 0 || !letter || !number?.glued || !/^[A-H]$/.test(letter.raw) || !/^\d{1,2}$/.test(number.raw)) return [];
  if (!verb.test(sentence.word(at + 2)) || sentence.kit > 0 || sentence.staff > 0) return [];
  return sentence.within(at + 3, 5, (next) => sentence.isCare(next)) ? sentence.stretch(at, at + 1) : [];
}

/** "G3P2", "P1+0 39+4". */
function aPregnancy(sentence: Sentence, at: number): Stretch[] {
  if (!/^G$/i.test(sentence.at(at)?.raw ?? '') || !sentence.at(at + 1)?.glued || !sentence.isNumber(at + 1)) return [];
  const para = sentence.word(at + 2) === 'p' && sentence.isNumber(at + 3) && sentence.at(at + 3)?.glued === true;
  return para && (sentence.at(at + 1)?.raw.length ?? 9) <= 2 ? sentence.stretch(at, at + 3) : [];
}

/** Where a person is said to be: "in 12", "on 6A", "in bay A", "in the end bay", "in resus", "by the window". */
function personsPlace(sentence: Sentence, at: number): { last: number; certain: boolean } | undefined {
  const next = sentence.at(at + 1);
  if (!next || next.kind !== 'word') return undefined;
  if (!inPlace.test(next.word)) return undefined;
  for (let place = at + 2; place <= at + 6; place += 1) {
    const word = sentence.word(place);
    const spot = placeAt(sentence, place, of.spots) ?? placeAt(sentence, place, of.areas) ?? placeAt(sentence, place, of.wards);
    if (spot) return { last: spot.last, certain: true };
    if (sentence.isNumber(place)) {
      const letter = sentence.at(place + 1);
      if (isTime(sentence, place)) return undefined;
      return { last: letter?.glued && /^[a-z]$/.test(letter.word) ? place + 1 : place, certain: place === at + 2 };
    }
    if (of.areas.has(word) || of.wards.has(word) || of.spots.has(word) || /^(?:window|door|corner|station|end)$/.test(word))
      return { last: place, certain: false };
    if (/^(?:is|was|has|and|but|who|needs)$/.test(word) || sentence.at(place)?.kind === 'mark') return undefined;
  }
  return undefined;
}

/** "at 10:30", "on 12/3", "from 5pm". */
const isTime = (sentence: Sentence, at: number): boolean =>
  /^(?:[:/%]|am|pm|st|nd|rd|th|hours|hrs|mins|minutes|days|weeks|mg|ml|l)$/.test(sentence.word(at + 1)) || sentence.word(at - 1) === 'at';

/** "pt A.B.", "pt JS", "patient initials PM", "pt with initials DW". */
function initialsAfter(sentence: Sentence, at: number): number | undefined {
  let next = at + 1;
  const called = sentence.within(next, 2, (one) => /^initials?$/.test(sentence.word(one)));
  while (/^(?:with|initials?|is|are|:)$/.test(sentence.word(next)) && next < at + 4) next += 1;
  if (!called && next !== at + 1) return undefined;
  return initialsAt(sentence, next, called);
}

/** Where initials that begin here end: "JS", "A.B.", "T. M."; `called` when the text says that they are some. */
function initialsAt(sentence: Sentence, at: number, called = false): number | undefined {
  const token = sentence.at(at);
  if (!token || token.kind !== 'word') return undefined;
  if (/^\p{Lu}$/u.test(token.raw)) {
    const dot = sentence.word(at + 1) === '.' ? 1 : 0;
    const second = sentence.at(at + 1 + dot);
    if (!second || !/^\p{Lu}$/u.test(second.raw) || (dot === 0 && !called)) return undefined;
    const end = at + 1 + dot;
    if (/^(?:am|pm|uk|us|nh|eg|ie|nb|bd|od|ps|cv|uv)$/.test(token.word + second.word)) return undefined;
    return sentence.word(end + 1) === '.' && sentence.at(end + 1)?.glued ? end + 1 : end;
  }
  const raw = token.raw.replace(/['’]s$/, '');
  if (!/^\p{Lu}{2,3}$/u.test(raw) || token.glued || sentence.at(at + 1)?.glued && sentence.isNumber(at + 1)) return undefined;
  if (sentence.shouted && !called) return undefined;
  return called || !of.abbreviations.has(raw.toLowerCase()) ? at : undefined;
}

const seen = /^(?:review|see|seen|clerk|for|chase|discharge|cannulate|assess|rebleed|re|of|on|about|consent|transfer|scan|bleed|catheterise|dc|to|happy|is|with)$/;

/** "JS in resus", "RD's crp", "GT desaturating", "review HW please", "bloods back for LN". */
function someInitials(sentence: Sentence, at: number): Stretch[] {
  const last = initialsAt(sentence, at) ?? smallInitials(sentence, at);
  if (last === undefined || (sentence.at(at - 1)?.glued === false && sentence.word(at - 1) === '.' && at > 1 && sentence.at(at)?.glued)) return [];
  if (/^(?:dr|mr|mrs|ms|miss|prof|sister|sr|nurse|thanks|cheers|ta|from|by|ask|tell|bleep|call|ring|via)$/.test(sentence.word(at - 1))) return [];
  const own = (sentence.at(last)?.raw ?? '').search(/['’]s$/) >= 0;
  const works = sentence.within(last + 1, 5, (next) => of.atWork.has(sentence.word(next)));
  if (works || (sentence.staff > 0 && sentence.care === 0)) return [];
  const small = sentence.at(at)?.raw === sentence.word(at);
  if (/^(?:in|from|on|at)$/.test(sentence.word(last + 1))) {
    const place = initialsPlace(sentence, last + 2);
    if (place !== undefined && sentence.kit <= sentence.care + 1) return sentence.stretch(at, place);
  }
  if (small) return [];
  const dotted = last > at;
  if (dotted && /^(?:is|has|was|had|needs|wants|still|back|for)$/.test(sentence.word(last + 1))) return sentence.stretch(at, last);
  const told = sentence.within(last + 1, own ? 3 : 5, (next) => sentence.isCare(next));
  const spoken = /^(?:to|thanks|congrats|and|with|well)$/.test(sentence.word(at - 1));
  if (own && (of.relatives.has(sentence.word(last + 1)) || of.faint.has(sentence.word(last + 1)))) return sentence.stretch(at, last);
  if (told && !spoken && !/^(?:to|will|can|could|would|has|had)$/.test(sentence.word(last + 1))) return sentence.stretch(at, last);
  if (/^(?:is|for)$/.test(sentence.word(last + 1)) && /^(?:for|home)$/.test(sentence.word(last + 2)) && sentence.faint > 0) return sentence.stretch(at, last);
  if (told && /^(?:has|had)$/.test(sentence.word(last + 1)) && !sentence.within(last + 2, 2, (next) => treats.test(sentence.word(next))))
    return sentence.stretch(at, last);
  if (at > 0 && seen.test(sentence.word(at - 1)) && (sentence.care + sentence.faint > 0 || sentence.word(last + 1) === '(') && /^(?:|[,.?!:(]|please|pls|plz|asap|today|now|when|too|back|for|in|he|she)$/.test(sentence.word(last + 1)))
    return sentence.stretch(at, last);
  return [];
}

/** What colleagues have done: "JS has reviewed bed 4". */
const treats = /^(?:reviewed|clerked|seen|cannulated|discharged|prescribed|assessed|consented|booked|referred|accepted|bled|catheterised|done|taken|written|charted|examined|requested|ordered|chased|started|stopped|given|intubated|spoken|called|phoned|discussed|documented)$/;

function initialsPlace(sentence: Sentence, at: number): number | undefined {
  const from = sentence.word(at) === 'the' ? at + 1 : at;
  const named = placeAt(sentence, from, of.spots) ?? placeAt(sentence, from, of.areas);
  if (named) return named.last;
  const word = sentence.word(from);
  if (/^(?:resus|rsus|majors|minors|hdu|itu|icu|ccu|nicu|scbu|recovery|rat|bay|cubicle|corridor|sr|sideroom)$/.test(word)) return from;
  if (word === 'side' && roomWords.test(sentence.word(from + 1))) return from + 1;
  return of.wards.has(word) && sentence.care > 0 ? from : undefined;
}

const smallWords = /^(?:a|am|an|as|at|be|by|do|go|he|hi|if|in|is|it|me|my|no|of|oh|ok|on|or|so|to|up|us|we|pt|bp|gp|dr|hr|rn|iv|nb|re|vs|ed|ad|ar|id|im|xr|ct|pm|mr|ms|tv|pc|ot|hi|sr|bd|od|rm|eg|ie|er|ah|um|mi|pe|af|vt|vf|td|ng|uo|cv|bm|rr|tb|lp|pd|sn|ft)$/;

/** "js in resus 2": in small letters only with the place behind. */
function smallInitials(sentence: Sentence, at: number): number | undefined {
  const token = sentence.at(at);
  if (!token || token.raw !== token.word || !/^[a-z]{2}$/.test(token.word) || token.glued || smallWords.test(token.word)) return undefined;
  return /^[aeiouy]*$/.test(token.word) || sentence.at(at + 1)?.glued ? undefined : at;
}

/** "79F", "82 year old lady", "30 y/o male", "6/12 old baby", "a 50ish man": an age of one person. */
function anAge(sentence: Sentence, at: number): Stretch[] {
  const token = sentence.at(at);
  if (!token || token.kind !== 'number' || token.raw.length > 3 || Number(token.raw) > 115) return [];
  const before = sentence.word(at - 1);
  if (token.glued && /^[\p{L}.:£$€+]$/u.test(before)) return [];
  if (/^(?:over|under|above|below|aged|than|age|>|<|ward|room|rm|gate|level|size|flat|floor|£|\$|€|channel|page|-|–|to)$/.test(before)) return [];
  let next = at + 1;
  const part = sentence.word(next) === '/' && /^(?:7|12|52)$/.test(sentence.word(next + 1));
  if (part) next += 2;
  let aged = part;
  let old = false;
  for (; next <= at + 8; next += 1) {
    const word = sentence.word(next);
    if (/^(?:y|yo|yr|yrs|year|years|wk|wks|week|weeks|mo|mth|month|months|day|days|ish|something|s|yrold|yearold|yold|o)$/.test(word)) aged = true;
    else if (/^(?:old|yo|o|aged)$/.test(word)) old = true;
    else if (!/^[-/.,+]$/.test(word) || (old && word === ',')) break;
    if (/^(?:yo|old|o)$/.test(word)) old = true;
  }
  if (/^(?:yo|yr|y|yrs|yro)[mf]$/.test(sentence.word(next)) && next === at + 1) return sentence.stretch(at, next);
  const sex = sentence.word(next);
  if (of.sexes.has(bare(sex)) || (aged && /^(?:frail|elderly|ex|previously|fit|diabetic|pregnant|known|well|confused|asian|white|black|caucasian|indian|primip|multip)$/.test(sex) && sentence.care > 0)) {
    if (sex === 'm' || sex === 'f') return isSexLetter(sentence, at, next, aged) ? sentence.stretch(at, next) : [];
    if (!aged && !(sentence.care > 0)) return [];
    if (sentence.staff > 0 && sentence.care === 0) return [];
    return aged || next === at + 1 ? sentence.stretch(at, next) : [];
  }
  const thing = of.kit.has(sex) || sex === 'olds' || sex === 'service';
  const ended = sex === '' && (sentence.faint > 0 || sentence.setting);
  const told = sentence.care > 0 || ended || /^(?:with|presenting|c|post|,|-|\?|:)$/.test(sex);
  return aged && old && !thing && told ? sentence.stretch(at, next - 1) : [];
}

/** "79F" and "64m with chest pain", but not "14F catheter", "10M to the car park". */
function isSexLetter(sentence: Sentence, at: number, letter: number, aged: boolean): boolean {
  const [age, capital] = [Number(sentence.at(at)?.raw), sentence.at(letter)?.raw !== sentence.word(letter)];
  const next = sentence.word(letter + 1);
  if (aged) return true;
  if (sentence.kit > sentence.care) return false;
  if (sentence.at(letter + 1)?.glued && sentence.at(letter + 1)?.kind !== 'mark') return false;
  if (/^(?:catheter|catheters|ng|ngt|tube|tubes|chest|drain|drains|needle|needles|foley|fr|ch|degrees|sheath|pigtail|budget|gap|deficit|walk|away|masks|mask|gauge|temp|outside|inside|feeding|long|high|deep|wide|tape|extension|to|pounds|people|more|overspend|saving|savings|investment|x|per)$/.test(next))
    return false;
  const after = sentence.word(letter + 2);
  if (next === 'from' && sentence.care === 0 && !of.wards.has(after) && !of.areas.has(after) && !/^(?:home|nh|care|gp|nursing|clinic|community)$/.test(after)) return false;
  const lead = sentence.word(at - 1);
  const introduced = /^(?:|a|an|the|this|that|call|min|mins|eta|another|new|got|have|accept|accepted|for|with|ref|referral|re|\W)$/.test(lead) || /^\d/.test(next);
  if (age < 16 || age > 98 || !capital) return sentence.care > 0 && age > 0;
  const follows = sentence.at(letter + 1);
  const clinical = /^(?:|with|for|in|on|from|awaiting|c|is|has|who|needs|now|new|post)$/.test(next) || follows?.kind !== 'word' || (!sentence.shouted && /^\p{Lu}{3,}$/u.test(follows.raw));
  return sentence.care > 0 || (introduced && clinical && (next !== '' || at === 0));
}

/** "F84 off legs", "M 45 overdose", "F/72 with sepsis". */
function aSexWithAge(sentence: Sentence, at: number): Stretch[] {
  const token = sentence.at(at);
  const small = at === 0 && /^[mf]$/.test(token?.raw ?? '') && sentence.at(at + 1)?.glued === true && sentence.care > 0;
  if (!token || !(small || /^[MF♀♂]$/u.test(token.raw)) || (token.glued && token.kind === 'word')) return [];
  if (at > 0 && sentence.at(at - 1)?.kind === 'word' && !/^(?:a|new|referral|ref|re|got|have|accept)$/.test(sentence.word(at - 1))) return [];
  const age = sentence.word(at + 1) === '/' ? at + 2 : at + 1;
  const years = Number(sentence.at(age)?.raw);
  if (!sentence.isNumber(age) || years < 16 || years > 110) return [];
  return sentence.care + sentence.faint > 0 && sentence.kit === 0 ? sentence.stretch(at, age) : [];
}

/** "Mrs J. wants to go home", "Mr D in bay 3"; a whole name only with something that is said of patients alone. */
function aTitle(sentence: Sentence, at: number): Stretch[] {
  const name = sentence.word(at + 1) === '.' ? at + 2 : at + 1;
  const token = sentence.at(name);
  if (!token || token.kind !== 'word') return [];
  const end = sentence.word(name + 1) === '.' && sentence.at(name + 1)?.glued ? name + 1 : name;
  const letter = token.raw.replace(/['’]s$/, '');
  const capitalNext = /^\p{Lu}\p{Ll}/u.test(sentence.at(end + 1)?.raw ?? '');
  if (/^\p{Lu}$/u.test(letter) && letter !== 'I') return capitalNext ? [] : sentence.stretch(at, end);
  if (!/^\p{L}{2,}$/u.test(letter) || sentence.staff > 0 || of.atWork.has(sentence.word(end + 1))) return [];
  if (/['’]s$/.test(token.raw)) {
    return sentence.within(end + 1, 2, (next) => sentence.isCare(next) || of.acute.has(sentence.word(next))) ? sentence.stretch(at, name) : [];
  }
  const needs = /^(?:needs|is|has|was|had|remains|still|wants|refusing|keeps|for|in|with|on)$/.test(sentence.word(name + 1));
  const acts = /^(?:asking|operating|reviewing|seeing|happy|said|says|reviewed|advised|would|coming)$/.test(sentence.word(name + 2));
  if (needs && !acts && sentence.within(name + 2, 5, (next) => of.acute.has(sentence.word(next)) || (sentence.isCare(next) && of.measures.has(sentence.word(next)))))
    return sentence.stretch(at, name);
  const owns = needs && sentence.within(name + 2, 2, (next) => /^(?:her|his)$/.test(sentence.word(next))) && sentence.care > 0;
  return owns ? sentence.stretch(at, name) : [];
}

/** "his sats are 80%", "she is septic", "he's had a seizure": somebody, and nobody said who. */
function aPronoun(sentence: Sentence, at: number): Stretch[] {
  const word = sentence.word(at).replace('’', "'");
  if (sentence.absence) return [];
  if (sentence.within(at + 1, 4, (each) => of.atWork.has(sentence.word(each)))) return [];
  if (/^(?:his|her|their)$/.test(word)) {
    const told = sentence.within(
      at + 1,
      2,
      (next) => (sentence.isCare(next) && sentence.word(next).length > 1) || ofBodies.test(sentence.word(next)) || ((of.measures.has(sentence.word(next)) || of.faint.has(sentence.word(next))) && sentence.care > 0),
    );
    return told ? sentence.stretch(at, at + 1) : [];
  }
  const needs = sentence.within(at + 1, 3, (next) => /^(?:needs|requires|needing|need)$/.test(sentence.word(next)));
  const ill = (next: number) =>
    of.acute.has(sentence.word(next)) || (sentence.isCare(next) && (needs || of.measures.has(sentence.word(next))));
  return sentence.within(at + 1, 5, ill) ? sentence.stretch(at, at) : [];
}

const ofBodies = /^(?:drain|line|wound|chest|abdomen|abdo|urine|catheter|cannula|stoma|feed|fluids|pain|bowels|breathing|leg|foot|hip|obs|discharge|dressing|scan|op|operation|family|nok|next-of-kin|capacity)$/;
