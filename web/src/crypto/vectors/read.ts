/** The shared vectors, as both implementations wrote them. A missing file is a failure. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../bytes.ts';
import type { CryptoVectors } from './crypto.ts';
import type { FreshnessVectors } from './freshness.ts';
import type { LogVectors } from './log.ts';
import type { StoryVectors } from './story.ts';
import type { WireVectors } from './wire.ts';

export const FOLDER = join(import.meta.dirname, '../../../../testdata/vectors');

type Topics = {
  wire: WireVectors;
  crypto: CryptoVectors;
  story: StoryVectors;
  log: LogVectors;
  freshness: FreshnessVectors;
};

export const sides = ['go', 'ts'] as const;

export function read<T extends keyof Topics>(topic: T, side: (typeof sides)[number]): Topics[T] {
  return JSON.parse(readText(`${topic}.${side}.json`)) as Topics[T];
}

export function readText(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8');
}

export const bytes = fromHex;
