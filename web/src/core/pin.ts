/** Which PINs are refused (R24): those that somebody who sees the phone once, or knows people, tries first. For screens and worker alike. */

export type PinProblem = 'short' | 'long' | 'digits' | 'same' | 'run' | 'repeat' | 'common';

export const pinLeast = 6;
export const pinMost = 12;

/** `digits` is the PIN in ASCII. Nothing of it is kept. */
export function pinProblem(digits: Uint8Array): PinProblem | undefined {
  const numbers = [...digits].map((code) => code - 0x30);
  if (numbers.some((number) => number < 0 || number > 9)) return 'digits';
  if (numbers.length < pinLeast) return 'short';
  if (numbers.length > pinMost) return 'long';
  if (numbers.every((number) => number === numbers[0])) return 'same';
  const steps = numbers.slice(1).map((number, at) => (number - (numbers[at] ?? 0) + 10) % 10);
  if (steps.every((step) => step === 1) || steps.every((step) => step === 9)) return 'run';
  if ([2, 3].some((size) => numbers.every((number, at) => number === numbers[at % size]))) return 'repeat';
  return common.has(numbers.join('')) ? 'common' : undefined;
}

/** A date of birth, as DDMMYY or DDMMYYYY of 1930 to 2012: allowed, but worth a word. */
export function looksLikeBirthday(digits: Uint8Array): boolean {
  const text = String.fromCharCode(...digits);
  const found = /^(\d\d)(\d\d)((?:19|20)?\d\d)$/.exec(text);
  if (!found) return false;
  const [day, month, given] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const year = given > 99 ? given : given >= 30 ? 1900 + given : 2000 + given;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1 && year >= 1930 && year <= 2012;
}

const common = new Set(
  (
    '112233 223344 121314 101010 102030 123321 654321 123456 789456 456789 147258 258369 159753 159357 147852 142536 ' +
    '123654 321654 789654 456123 741852 963852 852456 147369 134679 112358 314159 271828 141421 200000 100000 111222 ' +
    '222333 101112 999000 000111 202020 246810 135790 696969 520520 110110 007007 246824 12345678 87654321 11223344 ' +
    '10203040 12344321 14725836 0123456789 1234567890'
  ).split(' '),
);
