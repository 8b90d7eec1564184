/** A person who is pointed at: "the lady in bay C", "my pt", "that overdose from last night", "his sats are 80". */
import type { Stretch } from '../born.ts';
import { initialsAfter } from './initials.ts';
import { inPlace, placeAt } from './places.ts';
import { bare, type Sentence } from './sentence.ts';
import * as of from './words.ts';

const preposition =
  /^(?:w|in|on|from|at|with|by|next|opposite|near|beside|outside|under|behind|who|whose|that|we|you|i|having|awaiting|waiting|for)$/;
const verb =
  /^(?:is|was|has|had|needs|needed|wants|wanted|isn't|hasn't|wasn't|keeps|got|went|can't|cant|won't|looks|seems|says|reports|complaining|c|requires|remains|became|feels|'s|not|still|now)$/;

/** "the lady in bay C", "my pt on AMU", "that man with the leg ulcer", "pt sats 84%", "this patient's creatinine". */
export function aPerson(sentence: Sentence, at: number): Stretch[] {
  if (!sentence.isPerson(at)) return [];
  const word = bare(sentence.word(at));
  const patient = of.patients.has(word);
  const initials = patient && sentence.kit <= sentence.care ? initialsAfter(sentence, at) : undefined;
  if (initials !== undefined) return sentence.stretch(at, initials);
  if (sentence.word(at - 1) === 'my' && /^(?:baby|boy|girl|child|kid|man|lad|toddler)$/.test(word) && !sentence.setting)
    return [];
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
    if (pointed)
      return strong || speaks || verb.test(next) || preposition.test(next) || sentence.faint > 0 ? found : [];
    const owns = sentence.word(at) !== word && next !== '';
    const told =
      owns || sentence.care > 0 || verb.test(next) || preposition.test(next) || /\p{L}{3,}(?:ing|ed)$/u.test(next);
    return told && sentence.kit <= sentence.care && (beginsClause(sentence, at) || isHad(sentence, at)) ? found : [];
  }
  if (
    strong &&
    /^(?:lady|gentleman|gent|baby|child)$/.test(word) &&
    sentence.word(pointerBefore(sentence, at)) !== 'my'
  )
    return found;
  if (sentence.staff > 0 && sentence.care === 0) return [];
  const known = sentence.faint > 0 || (sentence.setting && /^(?:who|with|that|having|we|you)$/.test(next));
  if (pointed) return speaks || (known && (preposition.test(next) || verb.test(next))) ? found : [];
  const told = sentence.care > 0 || ((place !== undefined || next === 'with') && known);
  return told && (preposition.test(next) || sentence.isCare(at + 1)) && !isAnybody(sentence, at) ? found : [];
}

/** "one of my patients has gone missing" */
export function oneOfThem(sentence: Sentence, at: number): Stretch[] {
  if (!/^(?:my|our|your|the|these)$/.test(sentence.word(at - 1))) return [];
  return sentence.word(at - 2) === 'of' && sentence.word(at - 3) === 'one' ? sentence.stretch(at - 3, at) : [];
}

/** "I have a patient with", "got another pt", "there's a patient". */
const isHad = (sentence: Sentence, at: number): boolean =>
  /^(?:a|an|one)$/.test(sentence.word(at - 1)) &&
  /^(?:have|got|had|is|there's|theres|'ve|i've|we've|ive|weve|clerked|seen|accepted|accepting|admitting|admitted|reviewed|seeing|is|about|discuss|see|review|take|accept|admit)$/.test(
    sentence.word(at - 2),
  );

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
  if (
    sentence.within(Math.max(0, at - 4), Math.min(4, at), (before) =>
      /^(?:each|every|any|all|no|per|if|when|whenever|once|before|after|until)$/.test(sentence.word(before)),
    )
  )
    return !strong;
  return !strong && sentence.general;
}

/** The word stands first, behind a mark, or behind a request: "pls review pt", "for pt". */
const beginsClause = (sentence: Sentence, at: number): boolean =>
  at === 0 ||
  sentence.at(at - 1)?.kind === 'mark' ||
  /^(?:review|see|with|for|hi|re|and|but|op|post-op|postop|elderly|young|female|male|ed|ward|nhs|urgent|fyi|update|pls|please|that|so|as|because|have|got|old|admit|admitted)$/.test(
    sentence.word(at - 1),
  );

/** "that overdose from last night", "my post-op colectomy has a HR of 140", "the NOF in bay 2": an illness that stands for who has it. */
export function aCondition(sentence: Sentence, at: number): Stretch[] {
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
  return verb.test(next) && sentence.within(at + 2, 6, (each) => sentence.isCare(each))
    ? sentence.stretch(pointer, at)
    : [];
}

/** "C3 is more confused": a bed by its letter and number, with something that is said of a patient. */
export function aLetteredBed(sentence: Sentence, at: number): Stretch[] {
  const [letter, number] = [sentence.at(at), sentence.at(at + 1)];
  if (at > 0 || !letter || !number?.glued || !/^[A-H]$/.test(letter.raw) || !/^\d{1,2}$/.test(number.raw)) return [];
  if (!verb.test(sentence.word(at + 2)) || sentence.kit > 0 || sentence.staff > 0) return [];
  return sentence.within(at + 3, 5, (next) => sentence.isCare(next)) ? sentence.stretch(at, at + 1) : [];
}

/** Where a person is said to be: "in 12", "on 6A", "in bay A", "in the end bay", "in resus", "by the window". */
function personsPlace(sentence: Sentence, at: number): { last: number; certain: boolean } | undefined {
  const next = sentence.at(at + 1);
  if (!next || next.kind !== 'word') return undefined;
  if (!inPlace.test(next.word)) return undefined;
  for (let place = at + 2; place <= at + 6; place += 1) {
    const word = sentence.word(place);
    const spot =
      placeAt(sentence, place, of.spots) ?? placeAt(sentence, place, of.areas) ?? placeAt(sentence, place, of.wards);
    if (spot) return { last: spot.last, certain: true };
    if (sentence.isNumber(place)) {
      const letter = sentence.at(place + 1);
      if (isTime(sentence, place)) return undefined;
      return { last: letter?.glued && /^[a-z]$/.test(letter.word) ? place + 1 : place, certain: place === at + 2 };
    }
    if (
      of.areas.has(word) ||
      of.wards.has(word) ||
      of.spots.has(word) ||
      /^(?:window|door|corner|station|end)$/.test(word)
    )
      return { last: place, certain: false };
    if (/^(?:is|was|has|and|but|who|needs)$/.test(word) || sentence.at(place)?.kind === 'mark') return undefined;
  }
  return undefined;
}

/** "at 10:30", "on 12/3", "from 5pm". */
const isTime = (sentence: Sentence, at: number): boolean =>
  /^(?:[:/%]|am|pm|st|nd|rd|th|hours|hrs|mins|minutes|days|weeks|mg|ml|l)$/.test(sentence.word(at + 1)) ||
  sentence.word(at - 1) === 'at';

/** "his sats are 80%", "she is septic", "he's had a seizure": somebody, and nobody said who. */
export function aPronoun(sentence: Sentence, at: number): Stretch[] {
  const word = sentence.word(at).replace('’', "'");
  if (sentence.absence) return [];
  if (sentence.within(at + 1, 4, (each) => of.atWork.has(sentence.word(each)))) return [];
  if (/^(?:his|her|their)$/.test(word)) {
    const told = sentence.within(
      at + 1,
      2,
      (next) =>
        (sentence.isCare(next) && sentence.word(next).length > 1) ||
        ofBodies.test(sentence.word(next)) ||
        ((of.measures.has(sentence.word(next)) || of.faint.has(sentence.word(next))) && sentence.care > 0),
    );
    return told ? sentence.stretch(at, at + 1) : [];
  }
  const needs = sentence.within(at + 1, 3, (next) => /^(?:needs|requires|needing|need)$/.test(sentence.word(next)));
  const ill = (next: number) =>
    of.acute.has(sentence.word(next)) || (sentence.isCare(next) && (needs || of.measures.has(sentence.word(next))));
  return sentence.within(at + 1, 5, ill) ? sentence.stretch(at, at) : [];
}

const ofBodies =
  /^(?:drain|line|wound|chest|abdomen|abdo|urine|catheter|cannula|stoma|feed|fluids|pain|bowels|breathing|leg|foot|hip|obs|discharge|dressing|scan|op|operation|family|nok|next-of-kin|capacity)$/;
