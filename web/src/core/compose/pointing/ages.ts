/** An age of one person: "79F", "82 year old lady", "M 45 overdose", and a pregnancy by its numbers. */
import type { Stretch } from '../born.ts';
import { bare, type Sentence } from './sentence.ts';
import * as of from './words.ts';

/** "G3P2", "P1+0 39+4". */
export function aPregnancy(sentence: Sentence, at: number): Stretch[] {
  if (!/^G$/i.test(sentence.at(at)?.raw ?? '') || !sentence.at(at + 1)?.glued || !sentence.isNumber(at + 1)) return [];
  const para = sentence.word(at + 2) === 'p' && sentence.isNumber(at + 3) && sentence.at(at + 3)?.glued === true;
  return para && (sentence.at(at + 1)?.raw.length ?? 9) <= 2 ? sentence.stretch(at, at + 3) : [];
}

/** "79F", "82 year old lady", "30 y/o male", "6/12 old baby", "a 50ish man": an age of one person. */
export function anAge(sentence: Sentence, at: number): Stretch[] {
  const token = sentence.at(at);
  if (!token || token.kind !== 'number' || token.raw.length > 3 || Number(token.raw) > 115) return [];
  const before = sentence.word(at - 1);
  if (token.glued && /^[\p{L}.:£$€+]$/u.test(before)) return [];
  if (
    /^(?:over|under|above|below|aged|than|age|>|<|ward|room|rm|gate|level|size|flat|floor|£|\$|€|channel|page|-|–|to)$/.test(
      before,
    )
  )
    return [];
  let next = at + 1;
  const part = sentence.word(next) === '/' && /^(?:7|12|52)$/.test(sentence.word(next + 1));
  if (part) next += 2;
  let aged = part;
  let old = false;
  for (; next <= at + 8; next += 1) {
    const word = sentence.word(next);
    if (
      /^(?:y|yo|yr|yrs|year|years|wk|wks|week|weeks|mo|mth|month|months|day|days|ish|something|s|yrold|yearold|yold|o)$/.test(
        word,
      )
    )
      aged = true;
    else if (/^(?:old|yo|o|aged)$/.test(word)) old = true;
    else if (!/^[-/.,+]$/.test(word) || (old && word === ',')) break;
    if (/^(?:yo|old|o)$/.test(word)) old = true;
  }
  if (/^(?:yo|yr|y|yrs|yro)[mf]$/.test(sentence.word(next)) && next === at + 1) return sentence.stretch(at, next);
  const sex = sentence.word(next);
  if (
    of.sexes.has(bare(sex)) ||
    (aged &&
      /^(?:frail|elderly|ex|previously|fit|diabetic|pregnant|known|well|confused|asian|white|black|caucasian|indian|primip|multip)$/.test(
        sex,
      ) &&
      sentence.care > 0)
  ) {
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
  if (
    /^(?:catheter|catheters|ng|ngt|tube|tubes|chest|drain|drains|needle|needles|foley|fr|ch|degrees|sheath|pigtail|budget|gap|deficit|walk|away|masks|mask|gauge|temp|outside|inside|feeding|long|high|deep|wide|tape|extension|to|pounds|people|more|overspend|saving|savings|investment|x|per)$/.test(
      next,
    )
  )
    return false;
  const after = sentence.word(letter + 2);
  if (
    next === 'from' &&
    sentence.care === 0 &&
    !of.wards.has(after) &&
    !of.areas.has(after) &&
    !/^(?:home|nh|care|gp|nursing|clinic|community)$/.test(after)
  )
    return false;
  const lead = sentence.word(at - 1);
  const introduced =
    /^(?:|a|an|the|this|that|call|min|mins|eta|another|new|got|have|accept|accepted|for|with|ref|referral|re|\W)$/.test(
      lead,
    ) || /^\d/.test(next);
  if (age < 16 || age > 98 || !capital) return sentence.care > 0 && age > 0;
  const follows = sentence.at(letter + 1);
  const clinical =
    /^(?:|with|for|in|on|from|awaiting|c|is|has|who|needs|now|new|post)$/.test(next) ||
    follows?.kind !== 'word' ||
    (!sentence.shouted && /^\p{Lu}{3,}$/u.test(follows.raw));
  return sentence.care > 0 || (introduced && clinical && (next !== '' || at === 0));
}

/** "F84 off legs", "M 45 overdose", "F/72 with sepsis". */
export function aSexWithAge(sentence: Sentence, at: number): Stretch[] {
  const token = sentence.at(at);
  const small = at === 0 && /^[mf]$/.test(token?.raw ?? '') && sentence.at(at + 1)?.glued === true && sentence.care > 0;
  if (!token || !(small || /^[MF♀♂]$/u.test(token.raw)) || (token.glued && token.kind === 'word')) return [];
  if (
    at > 0 &&
    sentence.at(at - 1)?.kind === 'word' &&
    !/^(?:a|new|referral|ref|re|got|have|accept)$/.test(sentence.word(at - 1))
  )
    return [];
  const age = sentence.word(at + 1) === '/' ? at + 2 : at + 1;
  const years = Number(sentence.at(age)?.raw);
  if (!sentence.isNumber(age) || years < 16 || years > 110) return [];
  return sentence.care + sentence.faint > 0 && sentence.kit === 0 ? sentence.stretch(at, age) : [];
}
