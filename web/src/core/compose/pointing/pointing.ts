/**
 * R10: talk that points at one patient whom the reader has to guess. Not a list of phrases but a small grammar: a place for one patient
 * ("bed 4"), a person who is pointed at ("the lady in bay C", "my pt"), an age with a sex ("79F"), initials ("JS in resus") or a title
 * ("Mrs J.") with something that is only said of a patient, and "his sats are 80". The other words of the sentence decide whether a place,
 * a colleague or a thing is meant: "bed 4 is clean", "AK is on nights".
 *
 * Invariants: every rule looks at a bounded number of tokens around one, so that the work is linear; what is found does not overlap.
 */
import type { Stretch } from '../born.ts';
import { aPregnancy, aSexWithAge, anAge } from './ages.ts';
import { aTitle, someInitials } from './initials.ts';
import { aCondition, aLetteredBed, aPerson, aPronoun, oneOfThem } from './persons.ts';
import { anArea, aSpot, someBeds } from './places.ts';
import { bare, Sentence } from './sentence.ts';
import { sentences, type Token } from './tokens.ts';
import * as of from './words.ts';

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

const operations = /(?:ectomy|otomy|ostomy|itis|plasty)$/;

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
