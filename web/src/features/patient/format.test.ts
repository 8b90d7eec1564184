import { describe, expect, test } from 'vitest';
import type { Patient } from '../../core/contract.ts';
import {
  age,
  bornWithAge,
  dateFrom,
  isNhsNumber,
  isoDate,
  nhsNumber,
  patientName,
  shortPatientName,
} from './format.ts';

const now = new Date(2026, 10, 24, 13, 41).getTime();
const john: Patient = {
  family: 'Smith',
  given: 'John',
  title: 'Mr',
  born: '1954-03-12',
  nhsNumber: '9434765919',
  restricted: false,
  needs: [],
};

describe('R11 the banner', () => {
  test('LAST name first, in capitals, title in brackets', () => {
    expect(patientName(john)).toBe('SMITH, John (Mr)');
    expect(patientName({ ...john, family: 'Okafor-Williamson', given: 'Ngozi Adaeze', title: 'Ms' })).toBe(
      'OKAFOR-WILLIAMSON, Ngozi Adaeze (Ms)',
    );
    expect(shortPatientName(john)).toBe('SMITH, John');
  });

  test('a name of one part stands alone and the unknown patient is called so', () => {
    expect(patientName({ ...john, given: '', title: undefined })).toBe('SMITH');
    expect(patientName({ ...john, family: '', given: '', temporary: 'ED-4471' })).toBe('UNKNOWN PATIENT, ED-4471');
  });

  test('the birth date is written DD-Mmm-YYYY with the age', () => {
    expect(bornWithAge(john, now)).toBe('12-Mar-1954 (72y)');
    expect(isoDate('2026-01-02')).toBe('02-Jan-2026');
  });

  test('what is not known says so', () => {
    expect(bornWithAge({ ...john, born: undefined }, now)).toBe('Not known');
    expect(nhsNumber(undefined)).toBe('Not known');
    expect(isoDate('1954-13-01')).toBe('Not known');
  });

  test('of somebody who has died it gives the age at death, and none when the day is not known', () => {
    expect(bornWithAge({ ...john, deceased: '2024-03-11' }, now)).toBe('12-Mar-1954 (69y)');
    expect(bornWithAge({ ...john, deceased: 'unknown' }, now)).toBe('12-Mar-1954');
  });

  test('the NHS number is grouped 3-3-4 and does not break', () => {
    expect(nhsNumber('9434765919')).toBe('943\u00a0476\u00a05919');
  });

  test.each([
    ['2026-11-24', '0d'],
    ['2026-11-01', '23d'],
    ['2026-10-27', '4w 0d'],
    ['2025-12-01', '51w 1d'],
    ['2025-11-24', '12m 0d'],
    ['2025-05-30', '17m 25d'],
    ['2024-11-24', '2y 0m'],
    ['2008-11-25', '17y 11m'],
    ['2008-11-24', '18y'],
    ['2027-01-01', ''],
  ])('born %s is %s', (born, text) => expect(age(born, now)).toBe(text));
});

describe('R11 the check digit', () => {
  test.each(['9000000009', '9000000025', '9000000033', '9912003888', '9434765919'])('%s is valid', (digits) =>
    expect(isNhsNumber(digits)).toBe(true),
  );
  test.each(['9000000000', '4123456879', '0000000000', '1111111111', '943476591', '94347659190', '943476591X'])(
    '%s is not',
    (digits) => expect(isNhsNumber(digits)).toBe(false),
  );
});

describe('R11 a typed birth date', () => {
  const typed = (day: string, month: string, year: string) => dateFrom({ day, month, year }, now);
  test('is a day that exists and has been', () => {
    expect(typed('12', '3', '1954')).toBe('1954-03-12');
    expect(typed('29', '02', '2024')).toBe('2024-02-29');
  });
  test.each([
    ['31', '2', '2020'],
    ['29', '2', '2023'],
    ['1', '13', '2020'],
    ['25', '11', '2026'],
    ['12', '3', '54'],
    ['', '3', '1954'],
    ['x', '3', '1954'],
  ])('%s/%s/%s is refused', (day, month, year) => expect(typed(day, month, year)).toBeUndefined());
});
