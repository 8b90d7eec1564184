import { expect, test } from 'vitest';
import { matching } from './matching.ts';

const texts = [
  'SMITH, John (Mr) Patient · 943\u00a0476\u00a05919',
  'SMITH, Joan (Mrs)',
  'Ward 7B day team',
  'Dr Zoë Núñez',
];
const found = (query: string) => matching(texts, query, (text) => text).map((text) => texts.indexOf(text));

test.each([
  ['smith', [0, 1]],
  ['jo sm', [0, 1]],
  ['john smith', [0]],
  ['smith, john', [0]],
  ['zoe nunez', [3]],
  ['7b', [2]],
  ['943476', [0]],
  ['943 476', [0]],
  ['mith', []],
  ['', [0, 1, 2, 3]],
])('%j finds %j', (query, at) => expect(found(query)).toEqual(at));
