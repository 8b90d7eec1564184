/**
 * Ten digits that pass the check of an NHS number by chance, as one in eleven do: a telephone number or the number of an order.
 *
 * Invariant: what could as well be somebody's NHS number is one. A number is only taken for another when its own form or the words straight
 * before it say so, and never when they say that it is an NHS number.
 */
import type { FoundNumber } from './numbers.ts';

export function isOtherNumber(text: string, number: FoundNumber): boolean {
  const before = text.slice(Math.max(0, number.start - 48), number.start);
  if (called.test(before)) return false;
  const after = text.slice(number.end, number.end + 32);
  return isTelephone(number, text.slice(number.start, number.end), before, after) || isOrder(number, text, before);
}

const called = /(?:\bn\.?h\.?s\.?|\bchi|\bh\s?&\s?c)\s*(?:no|num|number|id)?\b[\s.:#=()-]*(?:is\b\s*)?$/i;

const dialled = /(?:\+\s?44|\b0044|\(44\))[\s().-]*(?:\(?0\)?[\s.-]*)?$|\(0\)[\s.-]*$/;
const lineNoun =
  '(?:tel|telephone|phone|mob|mobile|cell|fax|bleep|bleeps|pager|ext|extn|extension|dect|line|helpline|switchboard|switch|dial)';
const lineVerb = '(?:call|calls|calling|ring|rings|ringing|rang|text|sms|whatsapp|contact|contactable|reach|reachable)';
/** What may stand between the word and the number. "about" and "for" may not: then somebody is meant. */
const between =
  '(?:[\\s.:;,#=()/-]|\\b(?:me|us|them|him|her|it|you|back|on|at|via|is|are|was|no|num|number|numbers|the|this|that|then|or|and|my|our|your|office|lab|ward|team|site|desk|direct|work|new|personal|now|please|pls)\\b|\\b\\d{1,5}\\b)*';
const afterNoun = new RegExp(`\\b${lineNoun}\\b${between}$`, 'i');
const afterVerb = new RegExp(`\\b${lineVerb}\\b${between}$`, 'i');
const said = new RegExp(`\\b(?:${lineNoun}|${lineVerb})\\b[^.!?;\\d]*$`, 'i');
const saidBehind = new RegExp(
  `^[\\s,;:=(-]*(?:(?:is|was|are)\\s+)?(?:(?:my|our|his|her|the|their|a)\\s+)?(?:new\\s+|work\\s+|direct\\s+)?(?:${lineNoun}|(?:call|ring|text)\\s+(?:me|us))\\b`,
  'i',
);

/** In the United Kingdom a telephone number begins with one of these when the 0 is left out. England's NHS numbers begin with 4, 6, 7 or 9. */
const telephoneFirst = /^[12378]/;
const trunk = /^0[12378]/;

function isTelephone({ digits }: FoundNumber, spelt: string, before: string, after: string): boolean {
  const grouped = /^\D*\d{3}\D+\d{3}\D+\d{4}\D*$/.test(spelt);
  if (trunk.test(digits))
    return !grouped && (!beginsWithDate(digits) || afterNoun.test(before) || afterVerb.test(before));
  if (!telephoneFirst.test(digits)) return false;
  if (dialled.test(before) || afterNoun.test(before) || saidBehind.test(after)) return true;
  // "ring Sam 7700 900 086": nobody divides an NHS number like that.
  const divided = /^\d{4}\D+(?:\d{3}\D+\d{3}|\d{6})$|^\d{2}\D+\d{4}\D+\d{4}$/.test(spelt);
  return !grouped && (afterVerb.test(before) || (divided && said.test(before)));
}

/** Scotland's numbers begin with the day and the month of birth. */
function beginsWithDate(digits: string): boolean {
  const [day, month] = [Number(digits.slice(0, 2)), Number(digits.slice(2, 4))];
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

const named =
  'order|ord|accession|acc|requisition|invoice|po|purchase|serial|sn|batch|lot|barcode|job|ticket|incident|inc|asset|datix|docket|tracking|consignment';
const vague =
  'request|req|specimen|sample|lab|case|item|part|product|catalogue|cat|account|stock|delivery|call|pump|device';
const ofAnOrder = new RegExp(
  `\\b(?:(?:${named})(?:\\s+order)?[\\s.:#=-]*(?:(?:no|num|number|id|ref|reference|code)\\b)?|` +
    `(?:${vague})\\s*(?:#|(?:no|num|number|id|ref|reference|code)\\b))[\\s.:#=-]*(?:is\\b\\s*)?$`,
  'i',
);

/** Orders have no spaces in their numbers; what is divided as NHS numbers are is one. */
const isOrder = ({ start, end, digits }: FoundNumber, text: string, before: string): boolean =>
  end - start === digits.length && !/\d/.test(text[end] ?? '') && ofAnOrder.test(before);

/** The same for a hospital's own numbers: "accession A1234567". */
export const isNamedOrder = (text: string, start: number): boolean =>
  ofAnOrder.test(text.slice(Math.max(0, start - 48), start));
