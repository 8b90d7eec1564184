import { describe, expect, test } from 'vitest';
import type { Space } from '../contract.ts';
import { check } from './check.ts';

const now = Date.UTC(2026, 10, 24);
const numbers = ['9434765919', '9990475466'];
const found = (text: string, space: Space = 'team') =>
  check(text, { space, numbers: space === 'patient' ? numbers : [] }, now).map(({ kind, found: words, stops }) => {
    return `${kind}${stops ? '!' : '?'} ${words}`;
  });

describe('R11 H11 a patient thread stops another patient’s number', () => {
  test('another number', () =>
    expect(found('NHS 900 000 0025 please', 'patient')).toEqual(['other-patient! 900 000 0025']));
  test('this patient’s own', () => expect(found('NHS 943 476 5919 please', 'patient')).toEqual([]));
  test('the number that led to this patient', () => expect(found('was 9990475466', 'patient')).toEqual([]));
  test('no number at all', () => expect(found('943 476 5918', 'patient')).toEqual([]));
  test('the place in the text, as the screen needs it', () => {
    const [one] = check('🛏 x 900 000 0025.', { space: 'patient', numbers }, now);
    expect(one).toMatchObject({ start: 5, end: 17, stops: true });
  });
});

describe('R37 outside a patient thread identifiers stop', () => {
  const spaces: Space[] = ['team', 'direct', 'role', 'announcement', 'social'];
  test.each(spaces)('a valid number in %s', (space) =>
    expect(found('see 9434765919', space)).toEqual(['number-outside! 9434765919']),
  );
  test('an invalid number is let through', () => expect(found('ring 07700 900123 ref 9434765918')).toEqual([]));
  test.each([
    ['SMITH, John born 12-Mar-1954', 'SMITH, John born 12-Mar-1954'],
    ['John Smith 12/03/1954', 'John Smith 12/03/1954'],
    ['born 1954-03-12: Ngozi Adaeze Okafor-Williamson', '1954-03-12: Ngozi Adaeze Okafor-Williamson'],
    ['dob 3.1.54, Mary Ann Jones', '3.1.54, Mary Ann Jones'],
    ['Zofia Kowalska, 8 November 1962', 'Zofia Kowalska, 8 November 1962'],
  ])('a name with a date of birth: %s', (text, words) => expect(found(text)).toEqual([`born-and-name! ${words}`]));
  test.each([
    'Meeting on 12/03/2026 with John Smith',
    'Side effects seen since 1954',
    'born 12/03/1954',
    'John Smith is on call',
    'Monday 12 January 1998 was the last Ward Review',
    'K 4.1 Na 139 12.03.54',
  ])('is no name with a date of birth: %s', (text) =>
    expect(found(text).filter((each) => each.startsWith('born'))).toEqual([]),
  );
  test.each(['MRN 123456', 'hosp no. N0041192', 'Hospital number: 4455667', 'N0041192 has results', 'unit no 1234567'])(
    'a hospital number: %s',
    (text) => expect(found(text)[0]).toMatch(/^hospital-number! /),
  );
  test.each(['room 123456', 'version B12345678', 'order 1234567', 'bleep 2417'])('is no hospital number: %s', (text) =>
    expect(found(text)).toEqual([]),
  );
});

describe('R37 a date that is called one of birth needs less of a name', () => {
  test.each([
    ['J. Smith DOB 12.03.54', 'J. Smith DOB 12.03.54'],
    ['Smith J, d.o.b. 12/3/54', 'Smith J, d.o.b. 12/3/54'],
    ['JA Smith (born on 12 March 1954)', 'JA Smith (born on 12 March 1954'],
    ['please see Smith dob: 12/03/1954', 'Smith dob: 12/03/1954'],
    ['john smith dob 12/3/54', 'john smith dob 12/3/54'],
    ['Kowalska, date of birth 8 November 1962', 'Kowalska, date of birth 8 November 1962'],
  ])('%s', (text, words) => expect(found(text)).toEqual([`born-and-name! ${words}`]));
  test.each([
    'born 12/03/1954',
    'Please check DOB 12/3/54',
    'the patient was born 12/3/54',
    'her dob 12/3/54',
    'confirm full name and dob 12/3/54',
    'J. Smith is off 12.03.26',
    'Dr J. Smith was appointed 12.03.1998',
  ])('nobody is named: %s', (text) => expect(found(text).filter((each) => each.startsWith('born'))).toEqual([]));
});

describe('H16 hidden characters stop everywhere', () => {
  test.each(['direct', 'team', 'patient', 'social'] as const)('%s', (space) =>
    expect(found('give \u202e04\u202c mg', space)).toEqual(['hidden-mark! \u202e']),
  );
  test('a language that is written from the right is no hidden character', () =>
    expect(found('السلام عليكم, דוקטור 04 mg')).toEqual([]));
});

describe('R10 talk about somebody unidentified is asked about, and does not stop', () => {
  test.each([
    ['bed 4 pt is more short of breath', 'bed 4 pt'],
    ['Side room 2 needs fluids', 'Side room 2'],
    ['SR 2 needs fluids', 'SR 2'],
    ['s/r 2b is buzzing', 's/r 2b'],
    ['sr2 again', 'sr2'],
    ['the lady in bay C', 'lady in bay C'],
    ['Mrs J. wants to go home', 'Mrs J.'],
    ['pt A.B. is back', 'pt A.B.'],
    ['patient in 12 fell', 'patient in 12'],
  ])('%s', (text, words) => expect(found(text)).toEqual([`unlinked-patient? ${words}`]));
  test.each([
    'The round is at nine',
    'Who covers ward 7B tonight?',
    'Mr Jones from estates is here',
    'Please bring the chairs',
    '<img src=x onerror=alert(1)>',
    'the src folder is empty',
    'costs are cubed',
    'Sr A Jones is on',
  ])('nobody is meant: %s', (text) => expect(found(text)).toEqual([]));
  test('R33 not asked where no patient belongs at all', () =>
    expect(found('bed 4 at the campsite', 'social')).toEqual([]));
  test('never in a patient thread', () => expect(found('bed 4', 'patient')).toEqual([]));
});
