// @vitest-environment node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describe as describeLayout } from './describe.ts';
import { every } from './layouts/every.ts';
import { refusalCodes } from './refusal.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/protocol.md'), 'utf8');
const documented = [...page.matchAll(/```layout\n(.*?)\n```/gs)].map((found) => found[1] ?? '');

test('every layout of docs/protocol.md is implemented, word for word', () => {
  expect(documented.length).toBeGreaterThan(0);
  expect(documented).toEqual(every.map(describeLayout));
});

test('type numbers and names are unique', () => {
  expect(new Set(every.map((layout) => layout.type)).size).toBe(every.length);
  expect(new Set(every.map((layout) => layout.name)).size).toBe(every.length);
});

test('the refusal codes are those of section 12', () => {
  const table = page.slice(page.indexOf('## 12.'));
  const codes = [...table.matchAll(/^\| ([a-z_]+) \|/gm)].map((found) => found[1]).filter((code) => code !== 'code');
  expect(codes).toEqual(refusalCodes);
});
