/**
 * What the composer finds before anything is encrypted: another patient's number in a patient thread (R11, H11), identifiers outside one
 * (R37), and talk about somebody whom nobody has identified (R10).
 *
 * It finds what has a form. It cannot see names alone, and the screen says so. How often it is right is measured: corpus.test.ts.
 */
import type { Finding, Space } from '../contract.ts';
import { firstMark } from '../marks.ts';
import { bornAndName, type Stretch } from './born.ts';
import { findNumbers } from './numbers.ts';
import { isNamedOrder, isOtherNumber } from './otherNumbers.ts';
import { pointersIn } from './pointing/pointing.ts';

export type Place = {
  space: Space;
  /** The numbers of the thread's patient: the present one and one that led to it. */
  numbers: readonly string[];
};

/** `now` tells a date of birth from an appointment. */
export function check(text: string, { space, numbers }: Place, now: number): Finding[] {
  const valid = findNumbers(text).filter((number) => !isOtherNumber(text, number));
  const mark = firstMark(text);
  const hidden = mark < 0 ? [] : [finding('hidden-mark', text, { start: mark, end: mark + 1 })];
  if (space === 'patient') {
    const others = valid.filter(({ digits }) => !numbers.includes(digits));
    return [...hidden, ...others.map((where) => finding('other-patient', text, where))];
  }
  const born = bornAndName(text, now);
  const stopping = [
    ...hidden,
    ...valid.map((where) => finding('number-outside', text, where)),
    ...hospitalNumbers(text),
    ...(born ? [finding('born-and-name', text, born)] : []),
  ];
  const asking = space === 'announcement' || space === 'social' ? [] : pointersIn(text);
  const prompts = asking.map((where) => finding('unlinked-patient', text, where));
  return [
    ...stopping,
    ...prompts.filter((one) => !stopping.some((other) => one.start < other.end && other.start < one.end)),
  ];
}

function finding(kind: Finding['kind'], text: string, { start, end }: Stretch): Finding {
  return { kind, found: text.slice(start, end), start, end, stops: kind !== 'unlinked-patient' };
}

/** A number that says it is one ("MRN 123456", "hosp no. is N0041192"), or that has the form of one letter and seven digits. */
const hospitalNumber =
  /\b(?:(?:mrn(?:\s{1,3}(?:no|num|number)\b)?|hosp\s{0,3}(?=#)|(?<!(?:blood|donor|pump|sales) )(?:hosp(?:ital)?|unit|pas|pt|patient)\.?\s{0,3}(?:no|num|number|id)\b)\.?\s{0,3}(?:is\b|[:#=-])?\s{0,3}#?\s{0,3}[a-z]{0,3}\d{5,9}|[A-Z]\d{7})\b|(?<![\p{L}\d])[B-HJ-Z][ -]\d{7}\b/giu;

function hospitalNumbers(text: string): Finding[] {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  if (!/\d{5}/.test(narrow)) return [];
  return [...narrow.matchAll(hospitalNumber)]
    .filter(({ index }) => !isNamedOrder(narrow, index))
    .map(({ 0: found, index }) => finding('hospital-number', text, { start: index, end: index + found.length }));
}
