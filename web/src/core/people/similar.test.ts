import { describe, expect, test } from 'vitest';
import type { Person } from '../contract.ts';
import { isClose, splitName } from './name.ts';
import { areNamesAlike, likeness, similarGroups } from './similar.ts';

const person = (name: string): Person => ({
  id: name,
  name,
  ...splitName(name),
  role: 'Doctor',
  organisation: 'Example Hospital',
  outside: false,
});
const groups = (...names: string[]) =>
  similarGroups(names.map(person)).map(({ label, people }) => `${label}: ${people.join(' | ')}`);

describe('R29 people who could be taken for one another', () => {
  test('two “J Smith”', () =>
    expect(groups('John Smith', 'Jane Smith', 'Ada Jones')).toEqual(['J Smith: John Smith | Jane Smith']));
  test('with the title they share', () =>
    expect(groups('Dr Anita Patel', 'Dr Amit Patel')[0]).toMatch(/^Dr A Patel: /));
  test('a family name that reads the same', () => expect(groups('Dr Alun Pattel', 'Dr Anita Patel')).toHaveLength(1));
  test('accents make no difference', () => expect(groups('Siobhán O’Brien', 'Sinead OBrien')).toHaveLength(1));
  test('another initial and another name', () => expect(groups('John Smith', 'Mary Smith')).toEqual([]));
  test('nobody is like themselves alone', () => expect(groups('John Smith')).toEqual([]));
});

describe('R29 how alike two names are', () => {
  test.each([
    ['Anita Rao', 'Anita Rao', 'name'],
    ['Catherine Reid', 'Kathryn Read', 'name'],
    ['Jon Smith', 'Jonathan Smyth', 'name'],
    ['J Smith', 'Jane Smith', 'name'],
    ['Dr Anita Rose Patel', 'Anita Patel', 'name'],
    ['Seán O’Sullivan', 'Shaun Sullivan', 'name'],
    ['Dr Anita Patel', 'Dr Amit Patel', 'initial'],
    ['John Smith', 'James Smith', 'initial'],
    ['Mary Smith', 'John Smith', undefined],
    ['Anita Patel', 'Anita Potts', undefined],
    ['Ali Khan', 'Alison Khan', 'name'],
  ])('%s and %s: %s', (a, b, alike) => {
    expect(likeness(person(a), person(b))).toBe(alike);
    expect(likeness(person(b), person(a))).toBe(alike);
  });

  test('a set whose names are spelt in two ways is called by both', () => {
    expect(groups('Catherine Reid', 'Kathryn Read')).toEqual([
      'Catherine Reid or Kathryn Read: Catherine Reid | Kathryn Read',
    ]);
    expect(groups('Tom Reid', 'Tom Reed')).toEqual(['Tom Reid or Tom Reed: Tom Reid | Tom Reed']);
    expect(groups('Jane Smith', 'John Smyth', 'Dr Jan Smith')[0]).toMatch(/^J Smith or J Smyth: /);
  });
});

describe('R29 threads whose names could be taken for one another', () => {
  test.each([
    ['7B team', '7B social'],
    ['Stroke team', 'Strokes team'],
    ['Outliers, medical', 'Outliers surgical'],
    ['ward 7b', 'Ward 7B'],
  ])('%s and %s', (a, b) => expect(areNamesAlike(a, b)).toBe(true));
  test.each([
    ['Ward team', 'Night team'],
    ['7B team', '12A team'],
    ['Pharmacy', 'Theatres'],
  ])('%s is not %s', (a, b) => expect(areNamesAlike(a, b)).toBe(false));
});

test.each([
  ['smith', 'smyth', true],
  ['patel', 'pattel', true],
  ['jones', 'jnoes', true],
  ['smith', 'smart', false],
  ['ali', 'al', false],
])('%s reads like %s: %s', (a, b, close) => expect(isClose(a, b)).toBe(close));

test.each([
  ['Dr Anita Patel', { title: 'Dr', given: 'Anita', family: 'Patel' }],
  ['Kofi Mensah', { given: 'Kofi', family: 'Mensah' }],
  ['Sr Grace Owusu', { title: 'Sr', given: 'Grace', family: 'Owusu' }],
  ['Cher', { given: '', family: 'Cher' }],
])('%s', (name, parts) => expect(splitName(name)).toEqual(parts));
