import { describe, expect, test } from 'vitest';
import { initials, keepTogether, listed, markDifferences } from './words.ts';

const shown = (text: string) => keepTogether(text).replaceAll('\u00a0', '~');

test('H16 keeping a dose on one line changes nothing but the kind of space', () => {
  const text = 'Give 2 g IV, then BP 104/62 and temp 38.4. NHS 943 476 5919';
  expect(shown(text)).toBe('Give 2~g IV, then BP~104/62 and temp~38.4. NHS 943~476~5919');
  expect(keepTogether(text).replaceAll('\u00a0', ' ')).toBe(text);
});

test.each([
  ['500 ml over 2 hours', '500~ml over 2~hours'],
  ['3 gowns', '3 gowns'],
  ['NEWS2 9 in bed 14', 'NEWS2~9 in bed~14'],
  ['98 % on air', '98~% on air'],
])('%s', (text, result) => expect(shown(text)).toBe(result));

describe('R29 two names that are alike', () => {
  const differing = (text: string, others: string[]) =>
    markDifferences(text, others)
      .filter((part) => part.differs)
      .map((part) => part.word);

  test('the words that differ are found', () => {
    expect(differing('Dr Anita Patel', ['Dr Amit Patel'])).toEqual(['Anita']);
    expect(differing('SMITH, John (Mr)', ['SMITH, Joan (Mrs)'])).toEqual(['John (Mr)']);
    expect(differing('Medical Registrar', ['Core Surgical Trainee'])).toEqual(['Medical Registrar']);
    expect(differing('7B team', ['7B social'])).toEqual(['team']);
  });

  test('a word is marked when any one of several others lacks it', () => {
    expect(differing('Dr Anita Patel', ['Dr Amit Patel', 'Dr Anita Pattle'])).toEqual(['Anita Patel']);
  });

  test('the text itself is unchanged', () => {
    const text = 'Wards 6 to 8,  Northbridge General';
    expect(
      markDifferences(text, ['Ward 12, Northbridge General'])
        .map((part) => part.word)
        .join(''),
    ).toBe(text);
  });
});

test.each([
  ['Dr Anita Patel', 'AP'],
  ['Sr Grace Owusu', 'GO'],
  ['Kofi Mensah', 'KM'],
  ['Ngozi Adaeze Okafor-Williamson', 'NO'],
  ['Cher', 'C'],
  ['', ''],
])('initials of %s', (name, letters) => expect(initials(name)).toBe(letters));

test('a list in words', () => {
  expect(listed(['A'])).toBe('A');
  expect(listed(['A', 'B', 'C'])).toBe('A, B and C');
});

test('a very long run of letters gets places to break, and loses nothing', () => {
  const run = 'ع'.repeat(20_000);
  const shown = keepTogether(run);
  expect(Math.max(...shown.split('\u200b').map((part) => part.length))).toBe(100);
  expect(shown.replaceAll('\u200b', '')).toBe(run);
  expect(keepTogether('short words stay as they are')).toBe('short words stay as they are');
});
