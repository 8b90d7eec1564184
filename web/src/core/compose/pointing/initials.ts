/** Initials and titles: "JS in resus", "Mrs J.", with something that is only said of a patient. */
import type { Stretch } from '../born.ts';
import { placeAt, roomWords } from './places.ts';
import type { Sentence } from './sentence.ts';
import * as of from './words.ts';

/** "pt A.B.", "pt JS", "patient initials PM", "pt with initials DW". */
export function initialsAfter(sentence: Sentence, at: number): number | undefined {
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
  if (!/^\p{Lu}{2,3}$/u.test(raw) || token.glued || (sentence.at(at + 1)?.glued && sentence.isNumber(at + 1)))
    return undefined;
  if (sentence.shouted && !called) return undefined;
  return called || !of.abbreviations.has(raw.toLowerCase()) ? at : undefined;
}

const seen =
  /^(?:review|see|seen|clerk|for|chase|discharge|cannulate|assess|rebleed|re|of|on|about|consent|transfer|scan|bleed|catheterise|dc|to|happy|is|with)$/;

/** "JS in resus", "RD's crp", "GT desaturating", "review HW please", "bloods back for LN". */
export function someInitials(sentence: Sentence, at: number): Stretch[] {
  const last = initialsAt(sentence, at) ?? smallInitials(sentence, at);
  if (
    last === undefined ||
    (sentence.at(at - 1)?.glued === false && sentence.word(at - 1) === '.' && at > 1 && sentence.at(at)?.glued)
  )
    return [];
  if (
    /^(?:dr|mr|mrs|ms|miss|prof|sister|sr|nurse|thanks|cheers|ta|from|by|ask|tell|bleep|call|ring|via)$/.test(
      sentence.word(at - 1),
    )
  )
    return [];
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
  if (dotted && /^(?:is|has|was|had|needs|wants|still|back|for)$/.test(sentence.word(last + 1)))
    return sentence.stretch(at, last);
  const told = sentence.within(last + 1, own ? 3 : 5, (next) => sentence.isCare(next));
  const spoken = /^(?:to|thanks|congrats|and|with|well)$/.test(sentence.word(at - 1));
  if (own && (of.relatives.has(sentence.word(last + 1)) || of.faint.has(sentence.word(last + 1))))
    return sentence.stretch(at, last);
  if (told && !spoken && !/^(?:to|will|can|could|would|has|had)$/.test(sentence.word(last + 1)))
    return sentence.stretch(at, last);
  if (
    /^(?:is|for)$/.test(sentence.word(last + 1)) &&
    /^(?:for|home)$/.test(sentence.word(last + 2)) &&
    sentence.faint > 0
  )
    return sentence.stretch(at, last);
  if (
    told &&
    /^(?:has|had)$/.test(sentence.word(last + 1)) &&
    !sentence.within(last + 2, 2, (next) => treats.test(sentence.word(next)))
  )
    return sentence.stretch(at, last);
  if (
    at > 0 &&
    seen.test(sentence.word(at - 1)) &&
    (sentence.care + sentence.faint > 0 || sentence.word(last + 1) === '(') &&
    /^(?:|[,.?!:(]|please|pls|plz|asap|today|now|when|too|back|for|in|he|she)$/.test(sentence.word(last + 1))
  )
    return sentence.stretch(at, last);
  return [];
}

/** What colleagues have done: "JS has reviewed bed 4". */
const treats =
  /^(?:reviewed|clerked|seen|cannulated|discharged|prescribed|assessed|consented|booked|referred|accepted|bled|catheterised|done|taken|written|charted|examined|requested|ordered|chased|started|stopped|given|intubated|spoken|called|phoned|discussed|documented)$/;

function initialsPlace(sentence: Sentence, at: number): number | undefined {
  const from = sentence.word(at) === 'the' ? at + 1 : at;
  const named = placeAt(sentence, from, of.spots) ?? placeAt(sentence, from, of.areas);
  if (named) return named.last;
  const word = sentence.word(from);
  if (
    /^(?:resus|rsus|majors|minors|hdu|itu|icu|ccu|nicu|scbu|recovery|rat|bay|cubicle|corridor|sr|sideroom)$/.test(word)
  )
    return from;
  if (word === 'side' && roomWords.test(sentence.word(from + 1))) return from + 1;
  return of.wards.has(word) && sentence.care > 0 ? from : undefined;
}

const smallWords =
  /^(?:a|am|an|as|at|be|by|do|go|he|hi|if|in|is|it|me|my|no|of|oh|ok|on|or|so|to|up|us|we|pt|bp|gp|dr|hr|rn|iv|nb|re|vs|ed|ad|ar|id|im|xr|ct|pm|mr|ms|tv|pc|ot|hi|sr|bd|od|rm|eg|ie|er|ah|um|mi|pe|af|vt|vf|td|ng|uo|cv|bm|rr|tb|lp|pd|sn|ft)$/;

/** "js in resus 2": in small letters only with the place behind. */
function smallInitials(sentence: Sentence, at: number): number | undefined {
  const token = sentence.at(at);
  if (
    !token ||
    token.raw !== token.word ||
    !/^[a-z]{2}$/.test(token.word) ||
    token.glued ||
    smallWords.test(token.word)
  )
    return undefined;
  return /^[aeiouy]*$/.test(token.word) || sentence.at(at + 1)?.glued ? undefined : at;
}

/** "Mrs J. wants to go home", "Mr D in bay 3"; a whole name only with something that is said of patients alone. */
export function aTitle(sentence: Sentence, at: number): Stretch[] {
  const name = sentence.word(at + 1) === '.' ? at + 2 : at + 1;
  const token = sentence.at(name);
  if (!token || token.kind !== 'word') return [];
  const end = sentence.word(name + 1) === '.' && sentence.at(name + 1)?.glued ? name + 1 : name;
  const letter = token.raw.replace(/['’]s$/, '');
  const capitalNext = /^\p{Lu}\p{Ll}/u.test(sentence.at(end + 1)?.raw ?? '');
  if (/^\p{Lu}$/u.test(letter) && letter !== 'I') return capitalNext ? [] : sentence.stretch(at, end);
  if (!/^\p{L}{2,}$/u.test(letter) || sentence.staff > 0 || of.atWork.has(sentence.word(end + 1))) return [];
  if (/['’]s$/.test(token.raw)) {
    return sentence.within(end + 1, 2, (next) => sentence.isCare(next) || of.acute.has(sentence.word(next)))
      ? sentence.stretch(at, name)
      : [];
  }
  const needs = /^(?:needs|is|has|was|had|remains|still|wants|refusing|keeps|for|in|with|on)$/.test(
    sentence.word(name + 1),
  );
  const acts = /^(?:asking|operating|reviewing|seeing|happy|said|says|reviewed|advised|would|coming)$/.test(
    sentence.word(name + 2),
  );
  if (
    needs &&
    !acts &&
    sentence.within(
      name + 2,
      5,
      (next) => of.acute.has(sentence.word(next)) || (sentence.isCare(next) && of.measures.has(sentence.word(next))),
    )
  )
    return sentence.stretch(at, name);
  const owns =
    needs && sentence.within(name + 2, 2, (next) => /^(?:her|his)$/.test(sentence.word(next))) && sentence.care > 0;
  return owns ? sentence.stretch(at, name) : [];
}
