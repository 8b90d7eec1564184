import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coverWhenHidden } from './cover.ts';

test('R26 a hidden page is covered, and uncovered when it is looked at again', () => {
  let state: DocumentVisibilityState = 'visible';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  const covered = () => document.documentElement.hasAttribute('data-covered');
  const stop = coverWhenHidden();
  expect(covered()).toBe(false);
  state = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(covered()).toBe(true);
  state = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(covered()).toBe(false);
  stop();
});

test('R26 covered means that nothing is painted', () => {
  const base = readFileSync('src/styles/base.css', 'utf8');
  expect(base).toMatch(/\[data-covered\] body,\s*\[data-covered\] dialog \{\s*visibility: hidden !important;/);
});
