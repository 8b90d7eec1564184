import { expect, test } from 'vitest';
import type { Filing } from '../remote/shapes.ts';
import { overtakes } from './overtakes.ts';

const filing = (state: Filing['state'], attempts: number, more: Partial<Filing> = {}): Filing => ({
  filing: 'f',
  decision: 'd',
  sources: [],
  state,
  documentHash: 'h',
  filedBy: 'p',
  filedAt: 1,
  held: false,
  attempts,
  ...more,
});

/** The life of a filing as the server tells it. */
const life = [
  filing('waiting', 0),
  filing('filing', 1),
  filing('refused', 2),
  filing('waiting', 2),
  filing('failed', 3),
  filing('waiting', 3),
  filing('received', 4),
  filing('received', 4, { destroyedAt: 9 }),
];

test('R18 a filing goes forward only, in whatever order its news arrives', () => {
  for (const [n, earlier] of life.entries()) {
    for (const later of life.slice(n + 1)) {
      expect(
        overtakes(later, earlier),
        `${later.state} ${later.attempts} after ${earlier.state} ${earlier.attempts}`,
      ).toBe(true);
      expect(
        overtakes(earlier, later),
        `${earlier.state} ${earlier.attempts} before ${later.state} ${later.attempts}`,
      ).toBe(false);
    }
  }
  expect(overtakes(filing('waiting', 0), undefined)).toBe(true);
});

test('R18 the answer that a filing waits does not undo a refusal that the live connection brought first', () => {
  expect(overtakes(filing('waiting', 1), filing('failed', 2))).toBe(false);
});

test('R51 what a quarantine did to a filing is not undone by older news', () => {
  const steps = [
    filing('received', 4),
    filing('received', 4, { retraction: 'owed' }),
    filing('received', 4, { retraction: 'retracting' }),
    filing('received', 4, { retraction: 'retracted' }),
  ];
  for (const [n, earlier] of steps.entries()) {
    for (const later of steps.slice(n + 1)) {
      expect(overtakes(later, earlier)).toBe(true);
      expect(overtakes(earlier, later)).toBe(false);
    }
  }
  expect(overtakes(filing('stopped', 1), filing('filing', 2))).toBe(true);
  expect(overtakes(filing('waiting', 2), filing('stopped', 1))).toBe(false);
});
