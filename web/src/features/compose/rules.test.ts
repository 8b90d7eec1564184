import { describe, expect, test } from 'vitest';
import type { Finding } from '../../core/contract.ts';
import { soundsLikeArrest, stopWords, withoutFinding } from './rules.ts';

describe('H25 used instead of 2222', () => {
  test.each([
    'Cardiac arrest in bay 3',
    'pt not breathing',
    'no pulse!',
    'crash call please',
    'call 2222?',
    'She collapsed',
  ])('%s brings up the 2222 line', (text) => expect(soundsLikeArrest(text)).toBe(true));
  test.each(['Troponin is back', 'House arrest of the printer', 'bleep 22221', 'See him after the round', ''])(
    '%s does not',
    (text) => expect(soundsLikeArrest(text)).toBe(false),
  );
});

const finding = (kind: Finding['kind'], text: string, found: string): Finding => {
  const start = text.indexOf(found);
  return { kind, found, start, end: start + found.length, stops: kind !== 'unlinked-patient' };
};

describe('H11 R11 R37 a stopped message', () => {
  test('says which number, whose it is not, and that nothing has left', () => {
    const words = stopWords(finding('other-patient', 'x 900 000 0025', '900 000 0025'), 'SMITH, John');
    expect(words.title).toBe('Not sent: another patient’s NHS number');
    expect(words.text).toContain('900 000 0025');
    expect(words.text).toContain('not the number of SMITH, John');
    expect(words.text).toContain('Nothing has left this device');
  });

  test.each(['other-patient', 'number-outside', 'hospital-number', 'born-and-name'] as const)(
    '%s says that nothing has left this device',
    (kind) => expect(stopWords(finding(kind, 'a b', 'a'), undefined).text).toContain('Nothing has left this device'),
  );

  test.each([
    ['is 900 000 0033 with you?', '900 000 0033', 'is with you?'],
    ['ask about 900 000 0033.', '900 000 0033', 'ask about.'],
    ['900 000 0033', '900 000 0033', ''],
    ['one\n900 000 0033 two', '900 000 0033', 'one\ntwo'],
  ])('%j without the number', (text, found, left) =>
    expect(withoutFinding(text, finding('number-outside', text, found))).toBe(left),
  );
});
